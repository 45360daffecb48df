import { setFlagsFromString } from "node:v8";
import { writerOf } from "#contract/wire/writer.ts";
import { type Message, MessageSchema } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Connection } from "../connection.ts";
import { write } from "../output.ts";
import { createProgress } from "../progress.ts";
import { again } from "./again.ts";
import { openExport } from "./export-file.ts";

export interface ExportOptions {
  roomId: string;
  /** Begins behind this number. */
  after: number;
  /** Goes on where such a file ends; the standard output if not given. */
  out?: string | undefined;
}

const pageSize = 100;
/** Pages that are asked for ahead of the one that is written: what memory holds at most. */
const ahead = 8;

/**
 * Writes a room's messages, each as a line of JSON, up to what it holds when the export begins. Numbers
 * have no gaps, so that each page is known beforehand and several are under way at once.
 * @throws Failure
 */
export async function exportRoom(
  { messages, rooms, output }: Connection,
  { roomId, after, out }: ExportOptions,
): Promise<void> {
  // Left to itself V8 gives up to 128 MiB to what lives as short as pages do, and never needs it here.
  setFlagsFromString("--semi-space-growth-factor=1");
  await using file = out === undefined ? undefined : await openExport(out, roomId);
  const begin = Math.max(after, file?.lastSeq ?? 0);
  const { room } = await again(() => rooms.getRoom({ roomId }));
  const end = room?.lastSeq ?? 0;
  const json = writerOf(MessageSchema);
  using progress = createProgress("messages", end - begin);

  const read = async (from: number): Promise<Message[]> => {
    const limit = Math.min(pageSize, end - from);
    const request = { roomId, after: from, limit };
    return (await again(() => messages.listMessages(request))).messages;
  };
  const underWay: Promise<Message[]>[] = [];
  let asked = begin;
  let done = begin;
  while (done < end) {
    for (; asked < end && underWay.length < ahead; asked += pageSize) {
      const page = read(asked);
      // A page that fails is looked at in its turn.
      page.catch(() => undefined);
      underWay.push(page);
    }
    const page = (await underWay.shift()) ?? [];
    if (page[0]?.seq !== done + 1) throw new Error(`there is no message ${done + 1}`);
    const lines = page.map((it) => `${JSON.stringify(json(it))}\n`).join("");
    await (file ? file.append(lines) : write(lines));
    done = page.at(-1)?.seq ?? done;
    progress.at(done - begin);
  }
  output.note(`${end - begin} messages, up to number ${end}`);
}
