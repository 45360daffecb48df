import type { ClientToServerEvents } from "#gen/socket-events.ts";
import type { SendLog } from "../check/run-log.ts";
import { isTemporary, messageIn } from "./answers.ts";
import { createDrafts } from "./drafts.ts";
import { createPace } from "./pace.ts";
import type { SocketClient } from "./socket-client.ts";
import { answerLimitMs, retryMs } from "./socket-connection.ts";
import { noteAck } from "./tally.ts";
import { mostSaved, someRoom, type Writer, type WriterOptions } from "./writer.ts";

export interface SocketWriter extends Writer {
  onJoined: (roomId: string) => void;
  onLost: () => void;
}

type SendAck = Parameters<Parameters<ClientToServerEvents["send_message"]>[1]>[0];

interface Waiting {
  send: SendLog;
  /** Undefined: the last attempt failed. */
  attemptAt: number | undefined;
}

const mostUnderWay = 16;
const restShare = 0.1;

/**
 * Messages go out without waiting for each other. After a failure nothing new is sent to that
 * room until what failed is through, in its order.
 */
export function createSocketWriter(client: SocketClient, options: WriterOptions): SocketWriter {
  const { writesTo, mentionable, random, tally, onSent } = options;
  const { socket, user } = client;
  const { name, messagesPerSecond } = client.spec;
  const waiting = new Map<string, Waiting[]>();
  const overRest = new Set<SendLog>();
  const draft = createDrafts(mentionable, random);
  let sentCount = 0;
  const due = createPace(messagesPerSecond, mostSaved);
  let isStopped = false;

  const newSend = (roomId: string, via: SendLog["via"]): SendLog => {
    const lastSeq = client.positionOf(roomId)?.lastSeq ?? 0;
    const send = draft({ client: name, userId: user.id, roomId, via, n: ++sentCount, lastSeq });
    tally.sends.push(send);
    return send;
  };

  const done = (one: Waiting) => {
    const ours = waiting.get(one.send.roomId) ?? [];
    waiting.set(
      one.send.roomId,
      ours.filter((it) => it !== one),
    );
    retry(one.send.roomId);
  };
  const attempt = (one: Waiting) => {
    const { send } = one;
    one.attemptAt = undefined;
    if (!socket.connected) return;
    one.attemptAt = Date.now();
    send.attempts++;
    if (send.attempts > 1) tally.counts.resends++;
    const since = client.current((ack: SendAck) => {
      if (ack.success) {
        if (ack.duplicate) tally.counts.foundStored++;
        noteAck(tally, send, ack.data);
        onSent(send, ack.data.seq);
        return done(one);
      }
      tally.counts.refused++;
      if (!isTemporary(ack.code)) {
        send.refusal = ack.code;
        return done(one);
      }
      send.isInDoubt = true;
      one.attemptAt = undefined;
      setTimeout(retry, retryMs, send.roomId);
    });
    socket.emit("send_message", { roomId: send.roomId, ...bodyOf(send) }, since);
  };
  /** Sends again what failed, once nothing of the room is under way. */
  const retry = (roomId: string) => {
    const ours = waiting.get(roomId) ?? [];
    if (!client.isJoined(roomId) || ours.some((it) => it.attemptAt !== undefined)) return;
    for (const one of ours) attempt(one);
  };
  const sendBySocket = (roomId: string) => {
    const ours = waiting.get(roomId) ?? [];
    waiting.set(roomId, ours);
    if (!client.isJoined(roomId) || ours.length >= mostUnderWay) return;
    if (ours.some((it) => it.attemptAt === undefined)) return;
    const one: Waiting = { send: newSend(roomId, "socket"), attemptAt: undefined };
    ours.push(one);
    attempt(one);
  };

  const sendByRest = async (send: SendLog) => {
    overRest.add(send);
    const path = `/api/rooms/${send.roomId}/messages`;
    while (!send.ack && !send.refusal) {
      send.attempts++;
      if (send.attempts > 1) tally.counts.resends++;
      try {
        const { status, body } = await user.post(path, bodyOf(send));
        const data = messageIn(body);
        if (data) {
          if (status === 200) tally.counts.foundStored++;
          noteAck(tally, send, data);
          onSent(send, data.seq);
          break;
        }
        tally.counts.refused++;
        if (isTemporary(body.code)) send.isInDoubt = true;
        else send.refusal = String(body.code);
      } catch {
        tally.counts.unanswered++;
        send.isInDoubt = true;
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
    overRest.delete(send);
  };

  /** Of a room that the client has left: no socket is in it any more. */
  const sendElsewhere = (ours: Waiting[]) => {
    for (const { send } of ours.splice(0)) {
      send.via = "rest";
      send.isInDoubt ||= send.attempts > 0;
      sendByRest(send);
    }
  };

  return {
    tick() {
      for (const [roomId, ours] of waiting) {
        if (!client.isListed(roomId)) sendElsewhere(ours);
        const [oldest] = ours;
        if (oldest?.attemptAt === undefined) continue;
        if (Date.now() - oldest.attemptAt > answerLimitMs) client.reconnect();
      }
      if (isStopped) return;
      for (let left = due(); left > 0; left--) {
        const roomId = someRoom(client, writesTo, random);
        if (random.next() >= restShare) sendBySocket(roomId);
        else if (overRest.size < mostUnderWay) sendByRest(newSend(roomId, "rest"));
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
        one.send.isInDoubt = true;
        tally.counts.unanswered++;
      }
    },
    oldestWaiting() {
      const all = [...[...waiting.values()].flat().map((it) => it.send), ...overRest];
      return all.length === 0 ? undefined : Math.min(...all.map((it) => it.firstAt));
    },
  };
}

function bodyOf({ content, clientMessageId, replyTo, mentions, mentionsRoom }: SendLog) {
  return {
    content,
    clientMessageId,
    ...(replyTo !== undefined && { replyTo }),
    ...(mentions.length > 0 && { mentions: [...mentions] }),
    ...(mentionsRoom && { mentionsRoom }),
  };
}
