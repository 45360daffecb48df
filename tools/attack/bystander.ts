/**
 * A client who only wants to chat while others attack, in a process of its own. Takes the
 * addresses as arguments, and answers each "report" with what it has seen since the last.
 */
import { get, joinGeneral, registerUser } from "./user.ts";

const [gateway = "", message = ""] = process.argv.slice(2);
const eachMs = 25;
const user = await registerUser(gateway);
const { socket, roomId } = await joinGeneral(gateway, message, user);
let times: number[] = [];
let failures: string[] = [];
socket.on("disconnect", (reason) => failures.push(`socket: ${reason}`));

async function measure(work: () => Promise<string | undefined>): Promise<void> {
  const startedAt = performance.now();
  const failure = await work().catch((error: unknown) => String(error));
  times.push(performance.now() - startedAt);
  if (failure) failures.push(failure);
}

let turn = 0;
setInterval(() => {
  if (turn++ % 2) {
    void measure(async () => {
      const { status } = await get(`${gateway}/api/rooms`, user.accessToken, 1);
      return status === 200 ? undefined : `REST: ${status}`;
    });
  } else if (turn % 4 === 1) {
    void measure(async () => {
      const answer = await socket
        .timeout(5_000)
        .emitWithAck("send_message", { roomId, content: "hello" });
      return answer.success ? undefined : `send: ${answer.code}`;
    });
  }
}, eachMs);

process.on("message", () => {
  const sorted = times.sort((a, b) => a - b);
  process.send?.({
    p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    max: sorted.at(-1) ?? 0,
    count: sorted.length,
    failures,
  });
  times = [];
  failures = [];
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
