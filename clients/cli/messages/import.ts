import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { AppError } from "#contract/errors.ts";
import { jsonLimitsOf } from "#contract/wire/form.ts";
import { isPlainObject } from "#contract/wire/json.ts";
import { readJson } from "#contract/wire/reader.ts";
import {
  type SendMessageRequest,
  SendMessageRequestSchema,
} from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { Connection } from "../connection.ts";
import { Failure } from "../failure.ts";
import { createProgress } from "../progress.ts";
import { sendOnce } from "./send.ts";

/** A line of an export, as far as an import needs it. */
type Exported = Record<string, unknown> & { id: string; seq: number; userId: string };

/**
 * Sends what an export holds into a room, in its order, as the user of the profile. Each message
 * has an id that follows from the exported one, so that the same file again sends nothing twice.
 * @param path of the file; `-` is the standard input
 * @throws Failure naming the line where the file is no export or the platform refuses
 */
export async function importMessages(
  { messages, output, profile }: Connection,
  roomId: string,
  path: string,
): Promise<void> {
  const input = path === "-" ? process.stdin : createReadStream(path);
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const count = { sent: 0, duplicates: 0, leftOut: 0 };
  /** Where messages of the file are in the room: replies name their number. */
  const seqs = new Map<number, number>();
  using progress = createProgress("messages");
  let number = 0;
  try {
    for await (const line of lines) {
      number++;
      const exported = read(line);
      // A deleted message has no content, and the system's are the platform's own.
      if (exported.deletedAt || exported.messageType === "system") {
        count.leftOut++;
        continue;
      }
      const request = requestOf(exported, roomId, profile.session?.userId, seqs);
      const { data, duplicate } = await sendOnce(messages, request);
      if (data) seqs.set(exported.seq, data.seq);
      if (duplicate) count.duplicates++;
      else count.sent++;
      progress.at(number);
    }
  } catch (error) {
    throw atLine(error, path, number);
  }
  await output.print(
    `${count.sent} sent, ${count.duplicates} were there, ${count.leftOut} deleted or of the system left out`,
    count,
  );
}

function read(line: string): Exported {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new Failure("refused", "is no JSON");
  }
  if (isExported(json)) return json;
  throw new Failure("refused", "is no exported message: id, seq and userId are needed");
}

function isExported(json: unknown): json is Exported {
  if (!isPlainObject(json)) return false;
  const { id, seq, userId } = json;
  return typeof id === "string" && typeof seq === "number" && typeof userId === "string";
}

function requestOf(
  { id, seq: _, content, userId, username, createdAt, messageType, ...rest }: Exported,
  roomId: string,
  ownId: string | undefined,
  seqs: ReadonlyMap<number, number>,
): SendMessageRequest {
  const isOwn = userId === ownId;
  const replyTo = typeof rest.replyTo === "number" ? seqs.get(rest.replyTo) : undefined;
  const metadata = rest.metadata ?? undefined;
  return readJson(SendMessageRequestSchema, {
    roomId,
    content,
    messageType,
    metadata: isOwn ? metadata : withOrigin(metadata, { userId, username, createdAt }),
    clientMessageId: (isOwn ? rest.clientMessageId : undefined) ?? `import-${id}`,
    replyTo,
  });
}

const limits = jsonLimitsOf(SendMessageRequestSchema.field.metadata);

/** Says whose a message was, where there is room for it. */
function withOrigin(metadata: unknown, importedFrom: Record<string, unknown>): unknown {
  if (metadata !== undefined && !isPlainObject(metadata)) return metadata;
  const named = { ...metadata, importedFrom };
  return Buffer.byteLength(JSON.stringify(named)) <= (limits?.maxBytes ?? 0) ? named : metadata;
}

function atLine(error: unknown, path: string, line: number): unknown {
  const place = `line ${line} of ${path === "-" ? "the input" : path}`;
  const hint = "run it again to go on: what has been sent is not sent twice";
  if (error instanceof AppError) {
    const { code, faults } = error;
    return new Failure("refused", `${place}: ${error.message}`, { code, faults, hint });
  }
  if (error instanceof Failure) {
    const details = { ...error.details, hint: error.details.hint ?? hint };
    return new Failure(error.kind, `${place}: ${error.message}`, details);
  }
  if (error instanceof Error && "code" in error && line === 0) {
    return new Failure("refused", `${path} can't be read (${String(error.code)})`);
  }
  return error;
}
