import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { findFreePort } from "./ports.ts";

/** Why there is no nginx on this machine; false if there is. */
export const withoutNginx: string | false =
  spawnSync("nginx", ["-v"]).status === 0 ? false : "nginx is not installed";

/** nginx as a proxy in front of something. */
export interface Nginx extends AsyncDisposable {
  url: string;
}

const startLimitMs = 10_000;

/** @param server what stands in its `server` block @throws Error if it doesn't start */
export async function startNginx(server: string): Promise<Nginx> {
  const folder = await mkdtemp(join(tmpdir(), "nginx-"));
  const port = await findFreePort();
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  await writeFile(
    join(folder, "nginx.conf"),
    `daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
     events {}
     http {
       access_log off;
       ${temporary.join("\n")}
       map $http_upgrade $connection_upgrade { default upgrade; "" close; }
       server { listen 127.0.0.1:${port}; ${server} }
     }`,
  );
  const child = spawn("nginx", ["-e", "stderr", "-p", folder, "-c", join(folder, "nginx.conf")], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilItAnswers(url, child);
  } catch (error) {
    await stop(child, folder);
    throw error;
  }
  return { url, [Symbol.asyncDispose]: () => stop(child, folder) };
}

async function untilItAnswers(url: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + startLimitMs;
  while (child.exitCode === null && performance.now() < giveUpAt) {
    if (
      await fetch(url).then(
        () => true,
        () => false,
      )
    )
      return;
    await pause(20);
  }
  throw new Error("nginx doesn't start");
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  if (child.exitCode === null) {
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  }
  await rm(folder, { recursive: true, force: true });
}
