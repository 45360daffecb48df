import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { Client } from "pg";
import type { Finding } from "./findings.ts";
import { startProbe, untilWhole } from "./probe.ts";
import type { Target } from "./target.ts";
import { joinGeneral, registerUser, wsToken } from "./user.ts";

interface Fault {
  name: string;
  begin: (target: Target) => Promise<unknown> | unknown;
  end: (target: Target) => Promise<unknown> | unknown;
  /** Open sockets go on chatting: what they need is there. */
  chats: boolean;
  seconds: number;
}

const limits = { answerMs: 3_000, wholeSeconds: 10 };

export function faults(scale: number): Fault[] {
  const seconds = scale < 1 ? 5 : 10;
  return [
    {
      name: "auth paused",
      begin: ({ victims }) => victims.auth.pause(),
      end: ({ victims }) => victims.auth.resume(),
      chats: true,
      seconds,
    },
    {
      name: "auth killed",
      begin: ({ victims }) => victims.auth.kill(),
      end: ({ victims }) => victims.auth.start(),
      chats: true,
      seconds: scale < 1 ? 10 : 62,
    },
    {
      name: "message killed",
      begin: ({ victims }) => victims.message.kill(),
      end: ({ victims }) => victims.message.start(),
      chats: false,
      seconds,
    },
    {
      name: "PostgreSQL paused",
      begin: (target) => signalPostgres(target, "SIGSTOP"),
      end: (target) => signalPostgres(target, "SIGCONT"),
      chats: false,
      seconds,
    },
    {
      name: "PostgreSQL killed",
      begin: (target) => signalPostgres(target, "SIGKILL"),
      end: () => undefined,
      chats: false,
      seconds: 3,
    },
    ...["auth.sessions", "auth.users", "message.rooms", "message.messages"].map(lockFault(seconds)),
  ];
}

/** Begins a fault, asks through it, ends it, and says what it did. */
export async function injectFault(target: Target, fault: Fault): Promise<Finding> {
  const user = await registerUser(target.gateway);
  const chatting = await registerUser(target.gateway);
  const { socket, roomId } = await joinGeneral(target.gateway, target.message, chatting);
  // Fetched now, for it is asked for while nobody can issue one: it lives for a minute.
  const token = await wsToken(target.gateway, user);
  const probe = startProbe(target, user, token, roomId);
  await pause(300);
  await fault.begin(target);
  const endAt = performance.now() + fault.seconds * 1_000;
  let chats = 0;
  let silent = 0;
  while (performance.now() < endAt) {
    const answer = await socket
      .timeout(3_500)
      .emitWithAck("send_message", { roomId, content: "still on" })
      .catch(() => undefined);
    if (answer?.success) chats++;
    else silent++;
    await pause(250);
  }
  await probe.stop();
  await fault.end(target);
  const whole = await untilWhole(target, user, 20);
  socket.disconnect();
  const { damage } = probe;
  // A WebSocket token lives for a minute; after that a refusal is right.
  const wrong = damage.wrong.filter((it) => fault.seconds < 60 || it !== "socket: TOKEN_EXPIRED");
  const isMet =
    wrong.length === 0 &&
    damage.slowestMs <= limits.answerMs + 250 &&
    whole <= limits.wholeSeconds &&
    (!fault.chats || silent === 0);
  const refused = Object.entries(damage.statuses)
    .filter(([key]) => key.endsWith("503"))
    .reduce((sum, [, count]) => sum + count, 0);
  const firstWrong =
    wrong.length > 0 ? `; ${wrong.length} wrong: ${[...new Set(wrong)].join(", ")}` : "";
  return {
    what: `${fault.name}, ${fault.seconds} s`,
    figure: `${refused} × 503, slowest ${(damage.slowestMs / 1_000).toFixed(1)} s, whole after ${whole.toFixed(1)} s, ${chats} messages and ${silent} failures on an open socket${firstWrong}`,
    goal: `503 within 3 s, no 401, whole within 10 s${fault.chats ? ", sockets chat on" : ""}`,
    isMet,
  };
}

function lockFault(seconds: number) {
  return (table: string): Fault => {
    let client: Client | undefined;
    return {
      name: `${table} locked`,
      async begin({ databaseUrl }) {
        client = new Client({ connectionString: databaseUrl });
        client.on("error", () => undefined);
        await client.connect();
        await client.query("begin");
        await client.query(`lock table ${table} in access exclusive mode`);
      },
      end: () => client?.end(),
      chats: table.startsWith("auth."),
      seconds,
    };
  };
}

/** The postmaster and all of its children: the server hangs as a whole. */
function signalPostgres({ postgresPid }: Target, signal: NodeJS.Signals): void {
  const postmaster = postgresPid();
  const pids = signal === "SIGKILL" ? [postmaster] : [postmaster, ...childrenOf(postmaster)];
  for (const pid of pids) process.kill(pid, signal);
}

/** Linux only, as the whole script: processes whose parent is `pid`. */
function childrenOf(pid: number): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
}
