import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { KeptTable } from "./manifest.ts";

export type Measured = Pick<KeptTable, "rows" | "bytes" | "sha256">;

/** Passes rows on as COPY writes them, and counts them: each is a line, and no line is broken. */
export function createMeter(onRows: (rows: number) => void = () => undefined) {
  const hash = createHash("sha256");
  let rows = 0;
  let bytes = 0;
  const stream = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      bytes += chunk.length;
      for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) rows++;
      onRows(rows);
      done(null, chunk);
    },
  });
  return { stream, measured: (): Measured => ({ rows, bytes, sha256: hash.digest("hex") }) };
}

/** Reads a packed file through. */
export async function measureFile(path: string): Promise<Measured> {
  const meter = createMeter();
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(createReadStream(path), createGunzip(), meter.stream, nowhere);
  return meter.measured();
}

export function isSame(a: Measured, b: Measured): boolean {
  return a.rows === b.rows && a.bytes === b.bytes && a.sha256 === b.sha256;
}
