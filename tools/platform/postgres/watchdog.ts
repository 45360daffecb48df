import { spawn } from "node:child_process";
import { type ServerUser, serverSpawnOptions } from "./server-user.ts";

// Reads until the supervisor is gone. Then first a stop that lets the services finish, which end
// by themselves at that moment, and after their ten seconds one that doesn't.
const SCRIPT = `
read -r line
[ "$line" = done ] && exit
ours() { read -r pid < postmaster.pid && [ "$pid" = "$1" ]; }
ours "$1" && kill -TERM "$1"
for second in 1 2 3 4 5 6 7 8 9 10 11 12; do
  sleep 1
  ours "$1" || exit
done
kill -INT "$1"
`;

/**
 * Ends the server when the supervisor is killed, so that `kill -9` leaves no port taken and no
 * process behind. Where the watchdog is killed too, the next start ends the left-over server.
 */
export function startWatchdog(
  pid: number,
  clusterDir: string,
  user: ServerUser | undefined,
): Disposable {
  const watchdog = spawn("/bin/sh", ["-c", SCRIPT, "aetherconnect-watchdog", `${pid}`], {
    ...serverSpawnOptions(clusterDir, user),
    stdio: ["pipe", "ignore", "ignore"],
  });
  watchdog.on("error", () => {});
  watchdog.stdin.on("error", () => {});
  return { [Symbol.dispose]: () => watchdog.stdin.end("done\n") };
}
