import assert from "node:assert/strict";
import { isDeepStrictEqual } from "node:util";
import type { MessageOut, ServerToClientEvents } from "#gen/socket-events.ts";
import type { TestSocket } from "./services.ts";

type Changed = Parameters<ServerToClientEvents["message_changed"]>[0];

/** A room as a client knows it, who takes what comes as `docs/features/revisions.md` says. */
export interface Picture {
  messages: () => MessageOut[];
  changes: Changed[];
  /** Takes what the socket gets from now on, and holds it against what is promised of it. */
  listen: (socket: TestSocket) => void;
  /** Joins with what is known, until nothing is missing. */
  join: (socket: TestSocket) => Promise<void>;
  /** Resolves when it is as these say. */
  until: (messages: MessageOut[]) => Promise<void>;
}

export function createPicture(roomId: string): Picture {
  const known = new Map<number, MessageOut>();
  const changes: Changed[] = [];
  let seq = 0;
  let revision = 0;
  let onChange: () => void = () => undefined;
  const put = (message: MessageOut) => {
    assert.ok(message.revision >= (known.get(message.seq)?.revision ?? 0), "none goes back");
    known.set(message.seq, message);
  };
  const messages = () => [...known.values()].toSorted((a, b) => a.seq - b.seq);
  return {
    messages,
    changes,
    listen(socket) {
      socket.on("new_message", (message) => {
        assert.equal(message.seq, seq + 1, "messages come in order, each once");
        seq = message.seq;
        put(message);
        onChange();
      });
      socket.on("message_changed", (change) => {
        const { message } = change;
        assert.ok(message, "the message is there");
        assert.ok(message.revision > revision, "changes come in order, each once");
        assert.ok(
          message.revision > (known.get(message.seq)?.revision ?? Infinity),
          "it was there",
        );
        revision = message.revision;
        changes.push(change);
        put(message);
        onChange();
      });
    },
    join: (socket) =>
      new Promise((resolve, reject) => {
        const ask = () => {
          const request = { roomId, afterSeq: seq, afterRevision: revision };
          // By callback: what is awaited goes on after the events that come with the answer.
          socket.emit("join_room", request, (ack) => {
            if (!ack.success) return reject(new Error(ack.code));
            assert.equal("reset" in ack, false);
            // What went out after the question, to a socket in the room, is in the answer too.
            for (const [i, message] of ack.messages.entries()) {
              assert.equal(message.seq, request.afterSeq + 1 + i, "no hole");
              seq = Math.max(seq, message.seq);
              put(message);
            }
            for (const message of ack.changes) {
              assert.ok(message.seq <= request.afterSeq);
              assert.ok(message.revision > request.afterRevision);
              revision = Math.max(revision, message.revision);
              put(message);
            }
            for (const { revision: its } of [...ack.messages, ...ack.changes]) {
              assert.ok(ack.room && its <= ack.room.lastRevision, "read at one moment");
            }
            if (ack.hasMore) return ask();
            assert.equal(ack.room?.lastSeq, seq);
            revision = ack.room?.lastRevision ?? 0;
            resolve();
          });
        };
        ask();
      }),
    until: (expected) =>
      new Promise((resolve, reject) => {
        const isSo = () => isDeepStrictEqual(messages(), expected);
        const timer = setTimeout(() => {
          try {
            assert.deepEqual(messages(), expected, "within 8 s");
          } catch (error) {
            reject(error);
          }
        }, 8_000);
        onChange = () => {
          if (!isSo()) return;
          clearTimeout(timer);
          resolve();
        };
        onChange();
      }),
  };
}
