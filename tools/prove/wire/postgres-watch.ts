import type { CommitWatch } from "./commit-tap.ts";
import { createFramer, type Frame } from "./framer.ts";

const insertsMessages = /insert into\s+"?message"?\."?messages"?/i;

/** The field of an error that carries its code. */
const uniqueViolation = "C23505\0";

/** Recognises the statement that inserts messages, and what becomes of it. */
export function watchPostgres(): CommitWatch {
  const inserting = new Set<string>();
  let isStarting = true;
  let isBound = false;
  let hasFailed = false;
  let conflicts = 0;

  // The first message has no type; every other has one byte, then its length.
  const fromService = createFramer((buffer) =>
    isStarting ? headOf(buffer, 0) : headOf(buffer, 1),
  );
  const fromServer = createFramer((buffer) => headOf(buffer, 1));

  /** Whether this message is the last of a write: its Sync. */
  const take = ({ bytes }: Frame) => {
    if (isStarting) {
      isStarting = false;
      return false;
    }
    const type = String.fromCharCode(bytes[0] ?? 0);
    if (type === "P") {
      const [name = "", text = ""] = strings(bytes, 5, 2);
      if (insertsMessages.test(text)) inserting.add(name);
      else inserting.delete(name);
    } else if (type === "B") {
      const [, name = ""] = strings(bytes, 5, 2);
      isBound = inserting.has(name);
    } else if (type === "S" && isBound) {
      isBound = false;
      hasFailed = false;
      return true;
    }
    return false;
  };
  return {
    sent(chunk) {
      let isComplete = false;
      for (const frame of fromService(chunk)) if (take(frame)) isComplete = true;
      return isComplete;
    },
    answered(chunk) {
      for (const { bytes } of fromServer(chunk)) {
        const type = String.fromCharCode(bytes[0] ?? 0);
        if (type === "E") {
          hasFailed = true;
          if (bytes.includes(uniqueViolation)) conflicts++;
        }
        // Ready for the next, outside of a transaction: what was asked is committed, or undone.
        if (type === "Z") return hasFailed ? "failed" : "stored";
      }
      return "nothing yet";
    },
    conflicts: () => conflicts,
  };
}

function headOf(buffer: Buffer, typeBytes: number): number | undefined {
  return buffer.length < typeBytes + 4 ? undefined : typeBytes + buffer.readUInt32BE(typeBytes);
}

/** The first zero-ended strings of a message, from an offset on. */
function strings(bytes: Buffer, offset: number, count: number): string[] {
  const found: string[] = [];
  let from = offset;
  while (found.length < count) {
    const end = bytes.indexOf(0, from);
    if (end === -1) break;
    found.push(bytes.toString("utf8", from, end));
    from = end + 1;
  }
  return found;
}
