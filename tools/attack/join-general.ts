import type { ApiUser } from "../rig/api.ts";
import { newSocket, next, type TestSocket } from "../rig/sockets.ts";

/** A socket that is signed in and has joined `general`. */
export async function joinGeneral(
  url: string,
  user: ApiUser,
): Promise<{ socket: TestSocket; roomId: string }> {
  const { body } = await user.get("/api/rooms/public");
  const [room] = Array.isArray(body.rooms) ? body.rooms : [];
  const roomId = String(room?.id);
  const socket = newSocket(url, await user.wsToken());
  const connected = next(socket, "connected");
  socket.connect();
  await connected;
  await socket.emitWithAck("join_room", { roomId });
  return { socket, roomId };
}
