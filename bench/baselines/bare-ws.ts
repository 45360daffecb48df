/**
 * Bare `ws`: the same text packets without Engine.IO and Socket.IO around them; each message
 * is encoded once and sent to each connection of the room. Nothing stored, nobody checked.
 */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { createMessageMaker, reportReady } from "./message-maker.ts";

const http = createServer();
const server = new WebSocketServer({ server: http });
const makeMessage = createMessageMaker();
const rooms = new Map<string, Set<WebSocket>>();

server.on("connection", (socket) => {
  socket.on("error", () => socket.terminate());
  socket.on("close", () => {
    for (const members of rooms.values()) members.delete(socket);
  });
  socket.on("message", (data) => {
    const text = String(data);
    const start = text.indexOf("[");
    const id = text.slice(2, start);
    const [event, { roomId, content }] = JSON.parse(text.slice(start));
    const members = rooms.get(roomId) ?? new Set();
    rooms.set(roomId, members);
    if (event === "join_room") {
      members.add(socket);
      socket.send(`43${id}[{"success":true}]`);
    } else {
      const message = makeMessage(roomId, "1", content);
      const packet = Buffer.from(`42${JSON.stringify(["new_message", message])}`);
      for (const member of members) member.send(packet, { binary: false });
      socket.send(`43${id}${JSON.stringify([{ success: true, data: message }])}`);
    }
  });
});
reportReady(http);
