/** The process of the clients: unmodified Socket.IO clients that write and read. */
import { writeFileSync } from "node:fs";
import { registerApiUser } from "#tools/rig/api.ts";
import { createRandom } from "../random.ts";
import { type ChatClient, createChatClient } from "./chat-client.ts";
import type { Command, LoadConfig, Status } from "./protocol.ts";
import { createTally } from "./tally.ts";
import { createWriter, tickMs, type Writer } from "./writer.ts";

interface Mark {
  n: number;
  at: number;
  top: Map<string, number>;
}

const tally = createTally();
const clients: ChatClient[] = [];
const writers: Writer[] = [];
let roomIds: readonly string[] = [];
let marks: Mark[] = [];
const whole: Record<number, number> = {};
const state = {
  seen: 0,
  isStarted: false,
  isFinished: false,
  failure: undefined as string | undefined,
};

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
  judgeMarks();
  report();
}, 25);

async function obey(command: Command): Promise<void> {
  if (command.type === "start") await start(command.config);
  else if (command.type === "mark") {
    marks.push({ n: command.n, at: Date.now(), top: new Map(tally.top) });
  } else if (command.type === "stop") for (const writer of writers) writer.stop();
  else if (command.type === "finish") {
    const logs = {
      sends: tally.sends,
      clients: clients.map((it) => ({ client: it.spec.name, rooms: it.received() })),
    };
    writeFileSync(command.file, JSON.stringify(logs));
    for (const client of clients) client.close();
    state.isFinished = true;
  }
}

async function start(config: LoadConfig): Promise<void> {
  roomIds = config.roomIds;
  const random = createRandom(config.seed);
  const instances = new Map(config.clients.map((it) => [it.name, it.instance]));
  const instanceOf = (clientMessageId: string) => {
    const [name = "", via] = clientMessageId.split("_");
    return via === "socket" ? instances.get(name) : undefined;
  };
  for (const spec of config.clients) {
    const user = await registerApiUser(config.apiUrl, spec.name);
    let writer: Writer | undefined;
    const client = createChatClient({
      spec,
      user,
      roomIds,
      tally,
      instanceOf,
      onJoined: (roomId) => writer?.onJoined(roomId),
      onLost: () => writer?.onLost(),
    });
    clients.push(client);
    if (spec.messagesPerSecond > 0) {
      writer = createWriter({ client, user, random, tally });
      writers.push(writer);
    }
    client.connect();
  }
  while (joined() < clients.length * roomIds.length) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  setInterval(() => {
    for (const writer of writers) writer.tick();
  }, tickMs);
  state.isStarted = true;
}

/** Whole: everybody is joined and has all of before the mark, and all sends of before are answered. */
function judgeMarks(): void {
  const now = Date.now();
  marks = marks.filter((mark) => {
    if (!isWhole(mark)) return true;
    whole[mark.n] = now - mark.at;
    return false;
  });
}

function isWhole({ at, top }: Mark): boolean {
  const isAnswered = writers.every((it) => (it.oldestWaiting() ?? Number.POSITIVE_INFINITY) > at);
  if (!isAnswered) return false;
  return clients.every((client) =>
    roomIds.every(
      (roomId) => client.isJoined(roomId) && client.lastOf(roomId) >= (top.get(roomId) ?? 0),
    ),
  );
}

function joined(): number {
  return clients.reduce((sum, it) => sum + roomIds.filter((id) => it.isJoined(id)).length, 0);
}

function report(): void {
  if (!process.connected) return;
  const status: Status = {
    ...state,
    counts: tally.counts,
    sent: tally.sends.length,
    acknowledged: tally.acknowledged,
    joined: joined(),
    toJoin: clients.length * roomIds.length,
    whole,
  };
  process.send?.(status);
}
