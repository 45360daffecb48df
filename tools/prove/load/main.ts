/** The process of the clients: they write, read and do all else, by the SDK and by plain Socket.IO. */

import { writeFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { budgets } from "#common/budgets.ts";
import { createRandom } from "../random.ts";
import { type Actor, createActor } from "./actor.ts";
import type { ChatClient, Perform } from "./client.ts";
import { gather, type People } from "./people.ts";
import type { Command, LoadConfig, LoadLog, Status } from "./protocol.ts";
import { readStore } from "./read-store.ts";
import { createSdkClient, type SdkClientOptions } from "./sdk-client.ts";
import { performBySdk } from "./sdk-perform.ts";
import { createSdkWriter } from "./sdk-writer.ts";
import { createSocketClient, type SocketClientOptions } from "./socket-client.ts";
import { performBySocket } from "./socket-perform.ts";
import { createSocketWriter, type SocketWriter } from "./socket-writer.ts";
import { createTally, tickMs } from "./tally.ts";
import { createWholeness } from "./wholeness.ts";
import type { Writer, WriterOptions } from "./writer.ts";

const tally = createTally();
const clients: ChatClient[] = [];
const writers: Writer[] = [];
const actors: Actor[] = [];
const busy: Pick<Writer | Actor, "oldestWaiting">[] = [];
const wholeness = createWholeness({ clients, busy, tally });
let people: People | undefined;
const state = {
  seen: 0,
  isStarted: false,
  isFinished: false,
  failure: undefined as string | undefined,
};
/** An id that no user has. */
const nobody = "999999999";
/** Without an event for so long, everything that was on its way has come: polling takes 2 s. */
const quietMs = 4_000;
/** The end of a polling client is noticed when it answers no ping. */
const settleLimitMs = budgets.http.socketPing + budgets.http.socketPong + 10_000;

process.on("message", (command: Command) => {
  obey(command).then(
    () => {
      state.seen = Math.max(state.seen, command.n);
      report();
    },
    (error: unknown) => {
      state.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
      report();
    },
  );
});
process.on("disconnect", () => process.exit(1));
setInterval(() => {
  wholeness.judge();
  report();
}, 25);

async function obey(command: Command): Promise<void> {
  if (command.type === "start") await start(command.config);
  else if (command.type === "mark") wholeness.mark(command.n);
  else if (command.type === "stop") for (const it of [...writers, ...actors]) it.stop();
  else if (command.type === "settle") await settle(command.leastMs);
  else if (command.type === "finish") {
    const { sends, acts } = tally;
    const opened = acts.flatMap(({ userId, ack }): [string, string][] =>
      ack?.roomId === undefined ? [] : [[ack.roomId, userId]],
    );
    const stored = await readStore([...(people?.users.values() ?? [])], new Map(opened));
    const logs: LoadLog = { ...stored, sends, acts, clients: clients.map((it) => it.log()) };
    writeFileSync(command.file, JSON.stringify(logs));
    for (const client of clients) client.close();
    state.isFinished = true;
  }
}

async function start(config: LoadConfig): Promise<void> {
  people = await gather(config);
  const random = createRandom(config.seed);
  const instances = new Map(config.clients.map((it) => [it.name, it.instance]));
  const instanceOf = (clientMessageId: string) => {
    const [name = "", via] = clientMessageId.split("_");
    return via === "socket" ? instances.get(name) : undefined;
  };
  const userIds = [...people.users.values()].map(({ id }) => id);
  for (const spec of config.clients) {
    const user = people.users.get(spec.user);
    if (!user) throw new Error(`${spec.user} is nobody`);
    const its = { spec, user, watched: userIds, tally };
    const { client, perform, createWriter } = spec.transports
      ? plainClient({ ...its, instanceOf })
      : sdkClient(its);
    clients.push(client);
    const peerIds = userIds.filter((id) => id !== user.id);
    const actor = createActor({ client, perform, peerIds, random, tally });
    actors.push(actor);
    busy.push(actor);
    if (spec.messagesPerSecond === 0) continue;
    const own = people.own.get(spec.instance ?? "");
    const writer = createWriter({
      writesTo: own === undefined ? people.shared : [...people.shared, own],
      mentionable: [...userIds, nobody],
      random,
      tally,
      onSent: ({ roomId }, seq) => actor.sent(roomId, seq),
    });
    writers.push(writer);
    busy.push(writer);
  }
  while (!clients.every((it) => it.isSubscribed())) await pause(20);
  setInterval(() => {
    for (const it of [...writers, ...actors]) it.tick();
  }, tickMs);
  state.isStarted = true;
}

/** A client, and how it acts and writes. */
interface Program {
  client: ChatClient;
  perform: Perform;
  createWriter: (options: WriterOptions) => Writer;
}

function sdkClient(options: SdkClientOptions): Program {
  const client = createSdkClient(options);
  return {
    client,
    perform: (act) => performBySdk(client, act),
    createWriter: (its) => createSdkWriter(client, its),
  };
}

function plainClient(options: Omit<SocketClientOptions, "onJoined" | "onLost">): Program {
  let writer: SocketWriter | undefined;
  const client = createSocketClient({
    ...options,
    onJoined: (roomId) => writer?.onJoined(roomId),
    onLost: () => writer?.onLost(),
  });
  return {
    client,
    perform: (act, byEvent) => performBySocket(client, act, byEvent),
    createWriter(its) {
      writer = createSocketWriter(client, its);
      return writer;
    },
  };
}

/** What doesn't come to rest in time is compared as it is. */
async function settle(leastMs: number): Promise<void> {
  const startedAt = Date.now();
  const restsAt = () => Math.max(tally.lastEventAt + quietMs, startedAt + leastMs);
  const endsAt = startedAt + settleLimitMs;
  while (Date.now() < Math.min(restsAt(), endsAt)) await pause(50);
  while (isTakenForOnline() && Date.now() < endsAt) await pause(1_000);
}

/** Whether somebody is shown online who has a client no more that is. */
function isTakenForOnline(): boolean {
  const logs = clients.map((it) => it.log());
  const online = new Set(logs.flatMap((it) => (it.status === "online" ? it.userId : [])));
  const shown = logs.flatMap(({ presences }) => Object.entries(presences));
  return shown.some(([userId, status]) => status === "online" && !online.has(userId));
}

function report(): void {
  if (!process.connected) return;
  const joins = clients.map((it) => it.joins());
  const status: Status = {
    ...state,
    counts: tally.counts,
    sent: tally.sends.length,
    acknowledged: tally.acknowledged,
    done: tally.done,
    joined: joins.reduce((sum, it) => sum + it.joined, 0),
    toJoin: joins.reduce((sum, it) => sum + it.toJoin, 0),
    whole: wholeness.whole,
  };
  process.send?.(status);
}
