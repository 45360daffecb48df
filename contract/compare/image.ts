import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { createFileRegistry, type FileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { BufError, runBuf } from "../buf.ts";
import { ROOT } from "../root.ts";
import type { Finding } from "./finding.ts";

/** Compiles the contract of a folder with a buf.yaml, without comments. @throws BufError */
export async function buildImage(folder: string): Promise<Uint8Array> {
  const buf = join(ROOT, "node_modules/.bin/buf");
  const args = ["build", "--exclude-source-info", "--output", "-#format=binpb"];
  try {
    const options = { cwd: folder, encoding: "buffer", maxBuffer: 64 * 1024 * 1024 } as const;
    return (await promisify(execFile)(buf, args, options)).stdout;
  } catch (error) {
    const isBuf = error instanceof Error && "stderr" in error;
    throw isBuf ? new BufError("build", String(error.stderr).trim()) : error;
  }
}

/** Reads an image as buf writes it. */
export function readImage(image: Uint8Array): FileRegistry {
  return createFileRegistry(fromBinary(FileDescriptorSetSchema, image));
}

/** What buf itself finds breaking in a folder, against an image file. */
export async function findBreaking(folder: string, imageFile: string): Promise<Finding[]> {
  try {
    await runBuf(folder, ["breaking", "--against", imageFile, "--error-format", "json"]);
    return [];
  } catch (error) {
    if (!(error instanceof BufError)) throw error;
    const findings = error.output.split("\n").map(parseLine);
    // Anything but findings is buf's own complaint.
    if (findings.some((it) => it === undefined)) throw error;
    return findings.flatMap((it) => it ?? []);
  }
}

function parseLine(line: string): Finding | undefined {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof read !== "object" || read === null || !("type" in read) || !("message" in read)) {
    return undefined;
  }
  const where = "path" in read ? String(read.path) : "proto";
  const what = String(read.type).toLowerCase();
  return { severity: "breaking", what, where, text: String(read.message) };
}

/** The contract as it was last released. */
export interface Released {
  version: string;
  /** A buf image without comments. */
  image: Uint8Array;
}

export const imagePath = (folder: string) => join(folder, "contract", "released.binpb");
export const versionPath = (folder: string) => join(folder, "contract", "RELEASED");

/** Reads the last release of a folder; undefined before the first one. */
export async function readReleased(folder: string): Promise<Released | undefined> {
  try {
    const version = (await readFile(versionPath(folder), "utf8")).trim();
    return { version, image: await readFile(imagePath(folder)) };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
