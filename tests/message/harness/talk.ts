import assert from "node:assert/strict";
import { range, type Services, type TestSocket, type TestUser } from "./services.ts";

/** Sends messages by RPC, all at once. */
export async function send(
  services: Services,
  user: TestUser,
  roomId: string,
  count: number,
  content = "hello",
) {
  const { messages } = services.rpc(user);
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
