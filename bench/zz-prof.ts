import { bareSocketIo, enter, ours } from "/work/main/bench/measure/contenders.ts";
import { closedLoop, openLoop } from "/work/main/bench/measure/loops.ts";

const [kind, n, mode, ms] = process.argv.slice(2);
await using c = kind === "ours" ? await ours() : await bareSocketIo();
const [roomId] = await c.newRooms(1);
const sockets = await enter(await c.newDoors(Number(n)), () => roomId);
await closedLoop(sockets, roomId, { senders: 20, underWay: 16, ms: 1000 });
const idle0 = await c.server.usage();
await new Promise((r) => setTimeout(r, 3000));
const idle1 = await c.server.usage();
console.log("idle ms/s", (idle1.cpuMicros - idle0.cpuMicros) / 3000);
const b = await c.server.usage();
const t =
  mode === "open"
    ? await openLoop(sockets, roomId, { senders: 20, perSecond: 40, ms: Number(ms) })
    : await closedLoop(sockets, roomId, { senders: 20, underWay: 16, ms: Number(ms) });
const a = await c.server.usage();
console.log(
  kind,
  n,
  mode,
  "us/delivery",
  (a.cpuMicros - b.cpuMicros) / t.deliveries,
  "us/message",
  (a.cpuMicros - b.cpuMicros) / t.messages,
  "del/s",
  t.deliveries / t.seconds,
);
for (const s of sockets) s.close();
