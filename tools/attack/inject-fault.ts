import { setTimeout as pause } from "node:timers/promises";
import type { Socket } from "socket.io-client";
import { type ApiUser, registerApiUser } from "../rig/api.ts";
import type { Fault } from "./fault.ts";
import type { Finding } from "./findings.ts";
import { joinGeneral } from "./join-general.ts";
import { knock, startProbe, untilHealthy, untilWhole } from "./probe.ts";
import { type Target, victimNames } from "./target.ts";

/** How long an answer may take, and how long it may take until all is well again. */
export interface FaultLimits {
  answerMs: number;
  wholeSeconds: number;
}

/** Begins a fault, asks through it, ends it, and says what it did. */
export async function injectFault(
  target: Target,
  fault: Fault,
  limits: FaultLimits,
): Promise<Finding> {
  fault.prepare?.();
  for (const name of victimNames) {
    await target.victims[name].runWith(fault.settings?.[name] ?? {});
  }
  await untilHealthy(target);
  const user = await registerApiUser(target.gateway);
  const chatting = await registerApiUser(target.gateway);
  const { socket, roomId } = await joinGeneral(target.message, chatting);
  // Fetched now, for it is asked for while nobody can issue one: it lives for a minute.
  const token = await user.wsToken();
  const probe = startProbe(target, user, token, roomId);
  await pause(300);
  await fault.begin(target);
  const chat = await chatFor(socket, roomId, fault.seconds);
  await probe.stop();
  const wasLate = fault.outlastsTokens && (await knock(target.message, token)) === "connected";
  await fault.end(target);
  const whole = await untilWhole(target, user, 2 * limits.wholeSeconds);
  const isLost = await countMissing(chatting, roomId, chat.acknowledged);
  socket.disconnect();

  const { damage } = probe;
  const refused = sum(damage.statuses, "503") + sum(damage.statuses, "UNAVAILABLE");
  const needless = fault.isHarmless ? refused : 0;
  const wrong = [
    ...damage.wrong.filter((it) => !isExpected(fault, it)),
    ...(wasLate ? ["an expired token let a socket in"] : []),
    ...(isLost > 0 ? [`${isLost} acknowledged messages lost`] : []),
  ];
  const isRight = wrong.length === 0;
  const isSwift =
    needless === 0 &&
    damage.slowestMs <= limits.answerMs + 250 &&
    whole <= limits.wholeSeconds &&
    (!fault.chats || chat.silent === 0);
  const firstWrong =
    wrong.length > 0 ? `; ${wrong.length} wrong: ${[...new Set(wrong)].join(", ")}` : "";
  return {
    what: `${fault.name}, ${fault.seconds} s`,
    figure: `${refused} × 503, slowest ${(damage.slowestMs / 1_000).toFixed(1)} s, whole after ${whole.toFixed(1)} s, ${chat.acknowledged.length} messages and ${chat.silent} failures on an open socket${firstWrong}`,
    goal: goalOf(fault, limits),
    isMet: isRight && isSwift,
    isSlow: isRight && !isSwift,
  };
}

function goalOf(fault: Fault, { answerMs, wholeSeconds }: FaultLimits): string {
  const within = `within ${answerMs / 1_000} s`;
  return [
    fault.isHarmless ? `nothing refused, answers ${within}` : `503 ${within}`,
    ...(fault.mayRefuseTokens ? [] : ["no 401"]),
    ...(fault.outlastsTokens ? ["no expired token let in"] : []),
    `whole within ${wholeSeconds} s`,
    "nothing acknowledged lost",
    ...(fault.chats ? ["sockets chat on"] : []),
  ].join(", ");
}

/** What is no answer to a good credential in peace, but the right one during this fault. */
function isExpected(fault: Fault, wrong: string): boolean {
  if (fault.mayRefuseTokens && /: (401|UNAUTHENTICATED|TOKEN_EXPIRED)$/.test(wrong)) return true;
  // A WebSocket token lives for a minute; after that a refusal is right.
  return fault.seconds >= 60 && wrong === "socket: TOKEN_EXPIRED";
}

/** Chats on an open socket, a few messages a second, whatever comes of it. */
async function chatFor(socket: Socket, roomId: string, seconds: number) {
  const endAt = performance.now() + seconds * 1_000;
  const acknowledged: { seq: number; content: string }[] = [];
  let silent = 0;
  for (let i = 0; performance.now() < endAt; i++) {
    const content = `still on, ${i}`;
    const answer = await socket
      .timeout(Math.min(3_500, endAt - performance.now() + 500))
      .emitWithAck("send_message", { roomId, content })
      .catch(() => undefined);
    if (answer?.success) acknowledged.push({ seq: answer.data.seq, content });
    else silent++;
    await pause(250);
  }
  return { acknowledged, silent };
}

/** How many of the messages the room doesn't have, each at its place. */
async function countMissing(
  user: ApiUser,
  roomId: string,
  sent: readonly { seq: number; content: string }[],
): Promise<number> {
  const stored = new Map<number, string>();
  const last = sent.at(-1)?.seq ?? 0;
  for (let after = (sent[0]?.seq ?? 1) - 1; after < last; ) {
    const path = `/api/rooms/${roomId}/messages?after=${after}&limit=100`;
    const { body } = await user.get(path);
    if (!Array.isArray(body.messages) || body.messages.length === 0) break;
    for (const { seq, content } of body.messages) stored.set(Number(seq), String(content));
    after = Number(body.messages.at(-1)?.seq);
  }
  return sent.filter(({ seq, content }) => stored.get(seq) !== content).length;
}

function sum(statuses: Record<string, number>, ending: string): number {
  return Object.entries(statuses)
    .filter(([key]) => key.endsWith(ending))
    .reduce((total, [, count]) => total + count, 0);
}
