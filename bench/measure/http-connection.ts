import { once } from "node:events";
import { connect } from "node:net";

/** A lean client of HTTP/1.1: a kept connection that has one request under way. */
export interface HttpConnection {
  /** Answers the body, which the next read overwrites. @throws Error unless the status is 2xx */
  ask: (request: Buffer) => Promise<Buffer>;
  close: () => void;
}

/** The bytes of a request, made once for many; the body goes as JSON. */
export function requestOf(
  method: string,
  path: string,
  { token, body }: { token?: string | undefined; body?: object },
): Buffer {
  const json = body && JSON.stringify(body);
  const head = [
    `${method} ${path} HTTP/1.1`,
    "host: chat.example",
    ...(token ? [`authorization: Bearer ${token}`] : []),
    ...(json
      ? ["content-type: application/json", `content-length: ${Buffer.byteLength(json)}`]
      : []),
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${json ?? ""}`);
}

/** All connections read into one buffer, one after the other. */
const received = Buffer.allocUnsafe(256 * 1024);

export async function openHttpConnection(url: string): Promise<HttpConnection> {
  const { hostname, port } = new URL(url);
  let carry: Buffer | undefined;
  let waiting: PromiseWithResolvers<Buffer> | undefined;

  const onRead = (chunk: Buffer) => {
    const data = carry ? Buffer.concat([carry, chunk]) : chunk;
    const bodyAt = data.indexOf("\r\n\r\n") + 4;
    const head = data.toString("latin1", 0, bodyAt);
    const end = bodyAt + Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1]);
    if (bodyAt < 4 || data.length < end) {
      carry = Buffer.from(data);
      return;
    }
    carry = undefined;
    if (data.length === end && head.startsWith("HTTP/1.1 2"))
      waiting?.resolve(data.subarray(bodyAt));
    else waiting?.reject(new Error(`unexpected answer: ${data.toString("latin1")}`));
  };
  const tcp = connect({
    host: hostname,
    port: Number(port),
    noDelay: true,
    onread: {
      buffer: received,
      callback(count) {
        onRead(received.subarray(0, count));
        return true;
      },
    },
  });
  await once(tcp, "connect");
  tcp.on("error", (error) => waiting?.reject(error));
  tcp.on("close", () => waiting?.reject(new Error("the server has closed the connection")));
  return {
    ask(request) {
      waiting = Promise.withResolvers<Buffer>();
      tcp.write(request);
      return waiting.promise;
    },
    close: () => tcp.destroy(),
  };
}
