import assert from "node:assert/strict";
import { range, type Stage, type TestSocket, type TestUser } from "./stage.ts";

/** Sends messages by RPC, all at once. */
export async function send(
  stage: Stage,
  user: TestUser,
  roomId: string,
  count: number,
  content = "hello",
) {
  const { messages } = stage.rpc(user);
  await Promise.all(range(1, count).map(() => messages.sendMessage({ roomId, content })));
}

/** Joins a room by socket; the acknowledgement, and the numbers of its messages. */
export async function join(socket: TestSocket, roomId: string, afterSeq?: number) {
  const ack = await socket.emitWithAck("join_room", {
    roomId,
    ...(afterSeq !== undefined && { afterSeq }),
  });
  assert.ok(ack.success, JSON.stringify(ack));
  return { ...ack, seqs: ack.messages.map((it) => it.seq) };
}
