/**
 * Bare Socket.IO: one `io.to(room).emit` per message of the same shape, one acknowledgement,
 * nothing stored, nobody checked. Its defaults, but that only what it needs is served.
 */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { createMessageMaker, reportReady } from "./message-maker.ts";

const http = createServer();
const io = new Server(http, { serveClient: false });
const makeMessage = createMessageMaker();

io.on("connection", (socket) => {
  const userId = String(io.engine.clientsCount);
  socket.on("join_room", ({ roomId, afterSeq }, ack) => {
    socket.join(roomId);
    ack({ success: true, messages: makeMessage.after(roomId, afterSeq) });
  });
  socket.on("send_message", ({ roomId, content }, ack) => {
    const data = makeMessage(roomId, userId, content);
    io.to(roomId).emit("new_message", data);
    ack({ success: true, data });
  });
});
reportReady(http);
