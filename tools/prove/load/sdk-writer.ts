import { ChatError } from "#sdk";
import type { SendLog } from "../check/run-log.ts";
import { createDrafts } from "./drafts.ts";
import { createPace } from "./pace.ts";
import type { SdkClient } from "./sdk-client.ts";
import { noteAck } from "./tally.ts";
import { mostSaved, someRoom, type Writer, type WriterOptions } from "./writer.ts";

/** In one room: they go out one after the other. */
const mostWaiting = 4;

/** Writes through the SDK, whose outbox sends again by itself what has failed. */
export function createSdkWriter(client: SdkClient, options: WriterOptions): Writer {
  const { writesTo, mentionable, random, tally, onSent } = options;
  const { spec, user } = client;
  const waiting = new Set<SendLog>();
  const draft = createDrafts(mentionable, random);
  const due = createPace(spec.messagesPerSecond, mostSaved);
  let sentCount = 0;
  let isStopped = false;

  const send = async (roomId: string) => {
    const opened = client.room(roomId);
    if (!opened) return;
    const { room, shown } = opened;
    const { lastSeq } = shown;
    const origin = { client: spec.name, userId: user.id, roomId, via: "sdk", lastSeq } as const;
    const log = draft({ ...origin, n: ++sentCount });
    const { content, replyTo, mentions, mentionsRoom } = log;
    const sending = room.send(content, {
      ...(replyTo !== undefined && { replyTo }),
      ...(mentions.length > 0 && { mentions: [...mentions] }),
      ...(mentionsRoom && { mentionsRoom }),
    });
    // It is shown at once, under the key that the SDK has given it.
    const { clientMessageId } = room.getSnapshot().messages.at(-1) ?? {};
    log.clientMessageId = clientMessageId ?? "";
    log.attempts = 1;
    shown.wrote(log.clientMessageId);
    tally.sends.push(log);
    waiting.add(log);
    try {
      const message = await sending;
      // The answer to its first attempt was lost.
      if (!client.isFirstAttempt(Date.parse(message.createdAt))) tally.counts.foundStored++;
      noteAck(tally, log, message);
      onSent(log, message.seq);
    } catch (thrown) {
      if (!(thrown instanceof ChatError)) throw thrown;
      tally.counts.refused++;
      log.refusal = thrown.code;
      log.isInDoubt = !client.isFirstAttempt(log.firstAt);
      client.discardRefused();
    }
    waiting.delete(log);
  };

  return {
    tick() {
      if (isStopped) return;
      for (let left = due(); left > 0; left--) {
        const roomId = someRoom(client, writesTo, random);
        const before = [...waiting].filter((it) => it.roomId === roomId).length;
        if (before < mostWaiting) void send(roomId);
      }
    },
    stop() {
      isStopped = true;
    },
    oldestWaiting() {
      const began = [...waiting].map((it) => it.firstAt);
      return began.length === 0 ? undefined : Math.min(...began);
    },
  };
}
