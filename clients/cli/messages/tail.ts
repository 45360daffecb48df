import { setTimeout as sleep } from "node:timers/promises";
import { writerOf } from "#contract/wire/writer.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Connection } from "../connection.ts";
import { Failure } from "../failure.ts";
import { plain } from "../text.ts";
import { messageColumns } from "./columns.ts";

export interface TailOptions {
  roomId: string;
  /** Messages to begin with. */
  limit: number;
  /** The number behind which to begin, in their place. */
  after?: number | undefined;
}

const pageSize = 100;
const pollMs = 500;
const longestDelayMs = 10_000;

/**
 * Shows messages as they come, until it is interrupted. It asks for what follows the last number
 * that was shown: whatever broke in between, nothing is missing and nothing comes twice.
 * @throws Failure where the platform refuses
 */
export async function tail(connection: Connection, options: TailOptions): Promise<void> {
  const { messages, output } = connection;
  const { roomId, limit } = options;
  const stop = new AbortController();
  const interrupt = () => stop.abort();
  process.once("SIGINT", interrupt);
  process.once("SIGTERM", interrupt);
  const json = writerOf(MessageSchema);
  const show = async (items: readonly Message[]) => {
    for (const it of items) await output.print(lineOf(it), json(it));
  };

  const ask = async (request: { after?: number; limit: number }) =>
    (await messages.listMessages({ roomId, ...request }, { signal: stop.signal })).messages;

  let after = options.after;
  let delayMs = pollMs;
  while (!stop.signal.aborted) {
    try {
      // The newest one tells where to begin, though none was asked for.
      const isFirst = after === undefined;
      const most = isFirst ? Math.max(1, Math.min(limit, pageSize)) : pageSize;
      const page = await ask({ ...(after !== undefined && { after }), limit: most });
      if (delayMs > pollMs) output.note("the platform answers again");
      delayMs = pollMs;
      await show(isFirst && limit === 0 ? [] : page);
      after = page.at(-1)?.seq ?? after ?? 0;
      if (!isFirst && page.length === pageSize) continue;
    } catch (error) {
      if (stop.signal.aborted) break;
      if (!(error instanceof Failure && error.kind === "unreachable")) throw error;
      if (delayMs === pollMs) output.note(`${error.message}: trying again`);
      delayMs = Math.min(delayMs * 2, longestDelayMs);
    }
    await sleep(delayMs, undefined, { signal: stop.signal }).catch(() => undefined);
  }
}

function lineOf(message: Message): string {
  return messageColumns.map(({ of }) => plain(String(of(message) ?? ""))).join("  ");
}
