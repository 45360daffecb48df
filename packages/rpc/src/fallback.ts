import { Http2ServerResponse } from "node:http2";
import type { connectNodeAdapter } from "@connectrpc/connect-node";

type Fallback = NonNullable<Parameters<typeof connectNodeAdapter>[0]["fallback"]>;

/**
 * Answers an unknown service or method with `unimplemented` in the protocol that asked.
 * connect-node's plain 404 is read as an internal error by some gRPC clients.
 */
export const answerUnimplemented: Fallback = (req, res) => {
  const type = req.headers["content-type"] ?? "";
  req.resume();
  // Reset by the client meanwhile: an answer would throw.
  if (res instanceof Http2ServerResponse && (res.stream.destroyed || res.stream.closed)) return;
  if (type.startsWith("application/grpc-web")) {
    res.writeHead(200, {
      "content-type": type,
      "grpc-status": "12",
      "grpc-message": "unimplemented",
    });
    res.end();
  } else if (type.startsWith("application/grpc") && res instanceof Http2ServerResponse) {
    // Trailers only: writeHead and end would send a second frame.
    res.stream.respond(
      {
        ":status": 200,
        "content-type": type,
        "grpc-status": "12",
        "grpc-message": "unimplemented",
      },
      { endStream: true },
    );
  } else if (type.startsWith("application/connect+")) {
    const end = Buffer.from(JSON.stringify({ error: { code: "unimplemented" } }));
    const head = Buffer.alloc(5);
    head.writeUInt8(2, 0);
    head.writeUInt32BE(end.length, 1);
    res.writeHead(200, { "content-type": type });
    res.end(Buffer.concat([head, end]));
  } else {
    res.writeHead(404, { "content-type": "application/json" });
    res.end(JSON.stringify({ code: "unimplemented", message: "unknown service or method" }));
  }
};
