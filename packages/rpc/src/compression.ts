import { promisify } from "node:util";
import { deflate, gunzip, gzip, inflate, type ZlibOptions } from "node:zlib";
import { Code, ConnectError } from "@connectrpc/connect";
import type { Compression } from "@connectrpc/connect/protocol";

type Transform = (bytes: Uint8Array, options: ZlibOptions) => Promise<Buffer<ArrayBuffer>>;

/** What requests may be compressed by: the two that every gRPC client knows. */
export const compressions: Compression[] = [
  compression("gzip", promisify(gzip), promisify(gunzip)),
  compression("deflate", promisify(deflate), promisify(inflate)),
];

function compression(name: string, pack: Transform, unpack: Transform): Compression {
  return {
    name,
    compress: (bytes) => pack(bytes, {}),
    async decompress(bytes, readMaxBytes) {
      if (bytes.length === 0) return new Uint8Array();
      try {
        // Ends at the limit, however much more would come out.
        return await unpack(bytes, { maxOutputLength: readMaxBytes });
      } catch (error) {
        throw isTooLarge(error)
          ? new ConnectError(
              `message is larger than ${readMaxBytes} bytes when unpacked`,
              Code.ResourceExhausted,
            )
          : new ConnectError(`message is not valid ${name}`, Code.InvalidArgument);
      }
    },
  };
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}
