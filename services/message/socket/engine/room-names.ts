/** Socket.IO rooms; names of 20 characters would be taken for socket ids by the adapter. */
export const roomName = (roomId: string) => `room:${roomId}`;
export const userRoomName = (userId: string) => `user:${userId}`.padEnd(21, ":");
export const sessionRoomName = (sessionId: string) => `session:${sessionId}`.padEnd(21, ":");
