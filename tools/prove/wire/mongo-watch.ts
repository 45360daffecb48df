import type { CommitWatch } from "./commit-tap.ts";
import { createFramer } from "./framer.ts";

const opMsg = 2013;
/** Header, flags, section kind, document length, type of the first element. */
const nameOffset = 16 + 4 + 1 + 4 + 1;

/** Recognises inserts into the collection of messages, and their answers. */
export function watchMongo(): CommitWatch {
  const sizeOf = (buffer: Buffer) => (buffer.length < 4 ? undefined : buffer.readUInt32LE(0));
  const fromService = createFramer(sizeOf);
  const fromServer = createFramer(sizeOf);
  let requestId: number | undefined;
  let conflicts = 0;

  return {
    sent(chunk) {
      let isInsert = false;
      for (const { bytes } of fromService(chunk)) {
        if (!isInsertOfMessages(bytes)) continue;
        requestId = bytes.readInt32LE(4);
        isInsert = true;
      }
      return isInsert;
    },
    answered(chunk) {
      let outcome: ReturnType<CommitWatch["answered"]> = "nothing yet";
      for (const { bytes } of fromServer(chunk)) {
        if (requestId === undefined || bytes.readInt32LE(8) !== requestId) continue;
        requestId = undefined;
        const hasFailed = bytes.includes("writeErrors") || bytes.includes("errmsg");
        // What stands before the failed one may be stored; only whole writes are struck at.
        if (bytes.includes("E11000")) conflicts++;
        outcome = hasFailed ? "failed" : "stored";
      }
      return outcome;
    },
    conflicts: () => conflicts,
  };
}

function isInsertOfMessages(bytes: Buffer): boolean {
  if (bytes.length < nameOffset + 20 || bytes.readInt32LE(12) !== opMsg) return false;
  const head = bytes.toString("latin1", nameOffset, nameOffset + 64);
  return /^insert\0....[^\0]*messages\0/s.test(head);
}
