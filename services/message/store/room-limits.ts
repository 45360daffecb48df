import { AppError } from "#contract/errors.ts";

/**
 * Rooms that a user may be in: the list of them is one answer, which should stay within the 4 MiB
 * that gRPC clients read if nothing is set. A room takes 9,300 bytes of JSON at most (1,100 code
 * points of name and description, all escaped as in `\u0001`; 100 members whose ids have 18
 * digits) and 6,700 of protobuf: 3.8 MB for all.
 */
export const mostRooms = 400;
/** What is left beside them for their last messages. */
export const lastMessagesBytes = 400_000;
/** Up to which others may add a user: they can't take the places that the user needs. */
export const mostRoomsByOthers = 200;

/** In rooms of more members nobody sees up to where others have read. */
export const mostReaders = 100;

const retryAfterSeconds = 60;

/** @param byUserId who adds the user; undefined: nobody but the user */
export function mostRoomsFor(byUserId: string | undefined): number {
  return byUserId === undefined ? mostRooms : mostRoomsByOthers;
}

export function tooManyRooms(): AppError {
  return new AppError("RATE_LIMITED", { retryAfterSeconds });
}
