import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { listen, localUrl, StartError } from "#common/lifecycle.ts";

// An import would load Node's fetch as well, of which node:http exports a part: 5 MB.
const { createServer } = process.getBuiltinModule("node:http");

export interface WebClientAddress {
  host: string;
  port: number;
  gatewayPort: number;
  /** The gateway's origin for pages that aren't opened by a name of this machine. */
  publicOrigin?: string | undefined;
}

export interface WebClientServer extends AsyncDisposable {
  url: string;
  /** Serves what is in this folder from now on. @throws StartError where no build is there */
  serve: (folder: string) => Promise<void>;
}

interface Build {
  page: string;
  files: ReadonlyMap<string, Buffer>;
}

const types: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
};

/** Serves the built web client: its files, and its page for every other path. @throws StartError */
export async function serveWebClient(
  folder: string,
  address: WebClientAddress,
): Promise<WebClientServer> {
  let build = await readBuild(folder);
  const server = createServer((req, res) => answer(build, address, req, res));
  const port = await listen(server, address.port, address.host, "WEB_CLIENT_PORT");
  return {
    url: localUrl(address.host, port),
    async serve(another) {
      build = await readBuild(another);
    },
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function answer(
  { page, files }: Build,
  address: WebClientAddress,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  res.setHeader("x-content-type-options", "nosniff");
  res.setHeader("referrer-policy", "no-referrer");
  const [path = "/"] = (req.url ?? "/").split("?");
  const file = files.get(path);
  if (req.method !== "GET" && req.method !== "HEAD") {
    res.setHeader("allow", "GET, HEAD");
    end(res, 405, "text/plain", "Method not allowed\n");
  } else if (file) {
    // Names of files in there say what they hold.
    const isForEver = path.startsWith("/assets/");
    res.setHeader("cache-control", isForEver ? "max-age=31536000, immutable" : "no-cache");
    end(res, 200, types[extname(path)] ?? "application/octet-stream", file);
  } else if (extname(path) !== "") {
    end(res, 404, "text/plain", "Not found\n");
  } else {
    const gateway = gatewayFor(req, address);
    const nonce = randomBytes(16).toString("base64");
    res.setHeader("content-security-policy", policy(gateway, nonce));
    res.setHeader("cache-control", "no-store");
    const html = page.replace("%GATEWAY%", gateway).replaceAll("%NONCE%", nonce);
    end(res, 200, "text/html; charset=utf-8", html);
  }
}

/** Node leaves the body out where HEAD asks. */
function end(res: ServerResponse, status: number, type: string, body: string | Buffer): void {
  const headers = { "content-type": type, "content-length": Buffer.byteLength(body) };
  res.writeHead(status, headers).end(body);
}

/** In memory: another build may take the folder's place while this one is served. */
async function readBuild(folder: string): Promise<Build> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = new Map<string, Buffer>();
  for (const entry of entries.filter((it) => it.isFile())) {
    const path = join(entry.parentPath, entry.name);
    files.set(`/${relative(folder, path).replaceAll(sep, "/")}`, await readFile(path));
  }
  const page = files.get("/index.html");
  if (!page) throw new StartError(`${folder} has no index.html: remove it, and start again`);
  files.delete("/index.html");
  return { page: page.toString(), files };
}

/** By the name that the page was opened by, so that the gateway's cookies are of the same site. */
function gatewayFor({ headers }: IncomingMessage, address: WebClientAddress): string {
  const [, name] = /^(localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.exec(headers.host ?? "") ?? [];
  const local = `http://${name ?? "localhost"}:${address.gatewayPort}`;
  return name ? local : (address.publicOrigin ?? local);
}

function policy(gateway: string, nonce: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "font-src 'self'",
    "img-src 'self'",
    `connect-src 'self' ${gateway} ${gateway.replace(/^http/, "ws")}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
