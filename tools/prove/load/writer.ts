import type { ApiUser } from "#tools/rig/api.ts";
import type { SendLog } from "../check/run-log.ts";
import type { Random } from "../random.ts";
import type { ChatClient } from "./chat-client.ts";
import { noteAck, type Tally } from "./tally.ts";

/** Sends messages until it is stopped, and each again until it is acknowledged. */
export interface Writer {
  tick: () => void;
  stop: () => void;
  onJoined: (roomId: string) => void;
  onLost: () => void;
  /** When the oldest message that still waits was first sent; undefined if none waits. */
  oldestWaiting: () => number | undefined;
}

export interface WriterOptions {
  client: ChatClient;
  user: ApiUser;
  random: Random;
  tally: Tally;
}

interface Waiting {
  send: SendLog;
  /** Undefined: the last attempt failed. */
  attemptAt: number | undefined;
}

/** How often `tick` is to be called. */
export const tickMs = 40;

const answerLimitMs = 5_000;
const retryMs = 200;
const mostUnderWay = 16;
const mostSaved = 20;
const restShare = 0.1;

/**
 * Messages go out without waiting for each other. After a failure nothing new is sent to that
 * room until what failed is through, in its order.
 */
export function createWriter({ client, user, random, tally }: WriterOptions): Writer {
  const { name, messagesPerSecond, writesTo } = client.spec;
  const waiting = new Map<string, Waiting[]>(writesTo.map((roomId) => [roomId, []]));
  const overRest = new Set<SendLog>();
  let sentCount = 0;
  let saved = 0;
  let isStopped = false;

  const newSend = (roomId: string, via: SendLog["via"]): SendLog => {
    sentCount++;
    const clientMessageId = `${name}_${via}_${sentCount}`;
    const send: SendLog = {
      client: name,
      roomId,
      clientMessageId,
      content: `${clientMessageId} ${"žluťoučký 🐎 ".repeat(Math.floor(random.next() ** 3 * 20))}.`,
      via,
      attempts: 0,
      firstAt: Date.now(),
      ack: undefined,
    };
    tally.sends.push(send);
    return send;
  };

  const attempt = (one: Waiting) => {
    const { send } = one;
    const { roomId, content, clientMessageId } = send;
    one.attemptAt = Date.now();
    send.attempts++;
    if (send.attempts > 1) tally.counts.resends++;
    const isOut = client.send({ roomId, content, clientMessageId }, (ack) => {
      if (!ack.success) {
        tally.counts.refused++;
        one.attemptAt = undefined;
        setTimeout(retry, retryMs, roomId);
        return;
      }
      if (ack.duplicate) tally.counts.foundStored++;
      noteAck(tally, send, ack.data);
      waiting.set(
        roomId,
        (waiting.get(roomId) ?? []).filter((it) => it !== one),
      );
      retry(roomId);
    });
    if (!isOut) one.attemptAt = undefined;
  };
  /** Sends again what failed, once nothing of the room is under way. */
  const retry = (roomId: string) => {
    const ours = waiting.get(roomId) ?? [];
    if (!client.isJoined(roomId) || ours.some((it) => it.attemptAt !== undefined)) return;
    for (const one of ours) attempt(one);
  };
  const sendBySocket = (roomId: string) => {
    const ours = waiting.get(roomId);
    if (!ours || !client.isJoined(roomId) || ours.length >= mostUnderWay) return;
    if (ours.some((it) => it.attemptAt === undefined)) return;
    const one: Waiting = { send: newSend(roomId, "socket"), attemptAt: undefined };
    ours.push(one);
    attempt(one);
  };

  const sendByRest = async (roomId: string) => {
    const send = newSend(roomId, "rest");
    overRest.add(send);
    const { content, clientMessageId } = send;
    while (!send.ack) {
      send.attempts++;
      if (send.attempts > 1) tally.counts.resends++;
      try {
        const path = `/api/rooms/${roomId}/messages`;
        const { status, body } = await user.post(path, { content, clientMessageId });
        if (isSent(body)) {
          if (status === 200) tally.counts.foundStored++;
          noteAck(tally, send, body.data);
          break;
        }
        tally.counts.refused++;
      } catch {
        tally.counts.unanswered++;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    overRest.delete(send);
  };

  return {
    tick() {
      for (const ours of waiting.values()) {
        const [oldest] = ours;
        if (oldest?.attemptAt === undefined) continue;
        if (Date.now() - oldest.attemptAt > answerLimitMs) client.reconnect();
      }
      if (isStopped) return;
      saved = Math.min(saved + (messagesPerSecond * tickMs) / 1000, mostSaved);
      for (; saved >= 1; saved--) {
        const roomId = random.pick(writesTo);
        if (random.next() >= restShare) sendBySocket(roomId);
        else if (overRest.size < mostUnderWay) sendByRest(roomId);
      }
    },
    stop() {
      isStopped = true;
    },
    onJoined: retry,
    onLost() {
      for (const one of [...waiting.values()].flat()) {
        if (one.attemptAt === undefined) continue;
        one.attemptAt = undefined;
        tally.counts.unanswered++;
      }
    },
    oldestWaiting() {
      const all = [...[...waiting.values()].flat().map((it) => it.send), ...overRest];
      return all.length === 0 ? undefined : Math.min(...all.map((it) => it.firstAt));
    },
  };
}

function isSent(
  body: Record<string, unknown>,
): body is Record<string, unknown> & { data: { seq: number; id: string } } {
  const { data } = body;
  if (typeof data !== "object" || data === null || !("seq" in data) || !("id" in data))
    return false;
  return typeof data.seq === "number" && typeof data.id === "string";
}
