import { create, type DescMessage, type JsonObject } from "@bufbuild/protobuf";
import { type AppError, errorEntry } from "#contract/errors.ts";
import { writerOf } from "#contract/wire/writer.ts";
import { ErrorSchema } from "#gen/aetherconnect/realtime/v1/realtime_pb.ts";
import { type ServerEventMessages, serverEvents } from "#gen/socket-events.ts";

/** A socket, or many. */
interface Target {
  emit: (event: string, payload: JsonObject) => unknown;
}

/** Emits an event of the contract. */
export function emitTo<E extends keyof ServerEventMessages>(
  target: Target,
  event: E,
  message: ServerEventMessages[E],
): void {
  const desc: DescMessage = serverEvents[event];
  target.emit(event, writerOf(desc)(message));
}

/** Emits `error`; `about` says which event failed. */
export function emitError(
  target: Target,
  error: AppError,
  about: { event?: string; roomId?: string } = {},
): void {
  const { message } = errorEntry(error.code);
  const details = error.faults.map(({ path, message: text }) => ({
    $typeName: "aetherconnect.error.v1.Violation" as const,
    path,
    message: text,
  }));
  emitTo(target, "error", create(ErrorSchema, { code: error.code, message, details, ...about }));
}
