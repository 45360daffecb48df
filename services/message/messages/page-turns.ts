import { setImmediate } from "node:timers/promises";
import type { Message } from "#gen/aetherconnect/message/v1/message_pb.ts";

const largeChars = 64 * 1024;
/** Metadata is at most 8 KiB, and slow to write. */
const metadataChars = 8 * 1024;

let lastTurn: Promise<unknown> = Promise.resolve();

/**
 * Lets one large page be written a turn of the event loop: ten in a row, of a hundred large
 * messages each, would hold up everybody's chat for 200 ms. Small ones needn't wait.
 */
export async function takePageTurn(page: readonly Message[]): Promise<void> {
  let chars = 0;
  for (const { content, metadata } of page) {
    chars += content.length + (metadata ? metadataChars : 0);
  }
  if (chars < largeChars) return;
  lastTurn = lastTurn.then(() => setImmediate());
  await lastTurn;
}
