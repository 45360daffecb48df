import { execFileSync, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { portOf } from "./ports.ts";

/** Why there can't be certificates on this machine; false if there can. */
export const withoutOpenssl: string | false =
  spawnSync("openssl", ["version"]).status === 0 ? false : "openssl is not installed";

/** A certificate for `localhost` and the addresses of this machine, which signs itself. */
export interface Certificate {
  cert: Buffer;
  key: Buffer;
  file: string;
}

export function makeCertificate(folder: string): Certificate {
  const [key, file] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1";
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc"];
  const what = ["-days", "2", "-subj", "/CN=localhost", "-addext", names];
  execFileSync("openssl", ["req", "-x509", ...kind, ...what, "-keyout", key, "-out", file], {
    stdio: "ignore",
  });
  return { cert: readFileSync(file), key: readFileSync(key), file };
}

/** Takes connections at another address, or by TLS, and passes them on to a port of 127.0.0.1. */
export interface Relay extends AsyncDisposable {
  port: number;
}

export async function startRelay(
  host: string,
  target: number,
  certificate?: Certificate,
): Promise<Relay> {
  const sockets = new Set<Socket>();
  const pass = (near: Socket) => {
    const far = connect({ port: target, host: "127.0.0.1", noDelay: true });
    for (const [side, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(side);
      side.on("error", () => other.destroy());
      side.on("close", () => {
        sockets.delete(side);
        other.destroy();
      });
    }
    near.pipe(far).pipe(near);
  };
  const server = certificate
    ? createTlsServer({ ...certificate, ALPNProtocols: ["h2", "http/1.1"] }, pass)
    : createServer(pass);
  server.listen(0, host);
  await once(server, "listening");
  return {
    port: portOf(server),
    async [Symbol.asyncDispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, "close");
    },
  };
}
