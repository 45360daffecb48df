import { Code, ConnectError } from "@connectrpc/connect";
import {
  assertByteStreamRequest,
  type UniversalHandler,
  type UniversalHandlerFn,
} from "@connectrpc/connect/protocol";

const textPrefix = "application/grpc-web-text";

/** Lets a method be called by gRPC-Web in base64 as well, which Connect for Node refuses. */
export function acceptWebText(handler: UniversalHandler): UniversalHandler {
  const answer: UniversalHandlerFn = async (req) => {
    const type = req.header.get("content-type")?.toLowerCase() ?? "";
    if (!type.startsWith("application/grpc-web")) return handler(req);
    assertByteStreamRequest(req);
    const header = new Headers(req.header);
    header.set("content-type", type.replace("-text", ""));
    const hasText = type.startsWith(textPrefix);
    const res = await handler({ ...req, header, body: hasText ? decode(req.body) : req.body });
    const accepted = header.get("accept") ?? "";
    const wantsText = accepted.includes("grpc-web") ? accepted.includes(textPrefix) : hasText;
    if (!wantsText || !res.body) return res;
    const resHeader = new Headers(res.header);
    const resType = resHeader.get("content-type") ?? "";
    resHeader.set("content-type", resType.replace("grpc-web", "grpc-web-text"));
    return { ...res, header: resHeader, body: encode(res.body) };
  };
  return Object.assign(answer, handler);
}

/** Each piece is padded by itself, so that none waits for the next. */
async function* encode(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield Buffer.from(Buffer.from(chunk).toString("base64"));
}

async function* decode(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let rest = "";
  for await (const chunk of chunks) {
    const text = rest + Buffer.from(chunk).toString("latin1");
    const end = text.length - (text.length % 4);
    rest = text.slice(end);
    if (end > 0) yield decodeWhole(text.slice(0, end));
  }
  if (rest !== "") decodeWhole(rest);
}

const base64 = /^(?:[A-Za-z0-9+/]{4}|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{2}==)*$/;

/** Clients pad wherever they flush, so that padding may stand anywhere. */
function decodeWhole(text: string): Uint8Array {
  if (!base64.test(text)) throw new ConnectError("the body is not base64", Code.InvalidArgument);
  const padded = text.split(/(?<==)(?!=)/);
  return Buffer.concat(padded.map((it) => Buffer.from(it, "base64")));
}
