/**
 * A client who only wants to chat while others attack, in a process of its own. Takes the
 * addresses as arguments, and answers each "report" with what it has seen since the last.
 */
import { registerApiUser } from "../rig/api.ts";
import { joinGeneral } from "./join-general.ts";

const [gateway = "", message = ""] = process.argv.slice(2);
const eachMs = 25;
const user = await registerApiUser(gateway);
const { socket, roomId } = await joinGeneral(message, user);
let times: number[] = [];
let failures: string[] = [];
socket.on("disconnect", (reason) => failures.push(`socket: ${reason}`));

async function measure(work: () => Promise<string | undefined>): Promise<void> {
  const startedAt = performance.now();
  const failure = await work().catch((error: unknown) => String(error));
  times.push(performance.now() - startedAt);
  if (failure) failures.push(failure);
}

let count = 0;
setInterval(() => {
  if (count++ % 2) {
    void measure(async () => {
      const { status } = await user.get("/api/rooms");
      return status === 200 ? undefined : `REST: ${status}`;
    });
  } else if (count % 4 === 1) {
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
