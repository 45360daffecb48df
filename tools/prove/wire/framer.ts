/** A whole message of a protocol. */
export interface Frame {
  bytes: Buffer;
}

/**
 * Cuts a stream into messages.
 * @param sizeOf the size of the message that a buffer begins with; undefined: too little is there
 */
export function createFramer(
  sizeOf: (buffer: Buffer) => number | undefined,
): (chunk: Buffer) => Generator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  return function* take(chunk) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const size = sizeOf(rest);
      if (size === undefined || rest.length < size) return;
      const bytes = rest.subarray(0, size);
      rest = rest.subarray(size);
      yield { bytes };
    }
  };
}
