import { AppError } from "#contract/errors.ts";
import type { MessageContext } from "#message/context.ts";
import { createGather } from "#message/store/gather.ts";
import { emitError } from "../engine/emit.ts";
import { endSocket } from "../engine/end-socket.ts";
import { userRoomName } from "../engine/room-names.ts";

type Context = Pick<MessageContext, "io" | "config" | "isHinted" | "log">;

/** Closes a user's oldest sockets beyond the limit: of every instance that can be asked. */
export function createSocketsPerUser({ io, config, isHinted, log }: Context) {
  const limit = config.socketsPerUser;
  const tooMany = () => new AppError("TOO_MANY_SOCKETS");

  /** Ids here, the oldest first: a Set keeps the order of joining. */
  const idsHere = (userId: string) => [
    ...(io.sockets.adapter.rooms.get(userRoomName(userId)) ?? []),
  ];
  const end = (id: string) => {
    const socket = io.sockets.sockets.get(id);
    if (socket) endSocket(socket, tooMany());
    return socket !== undefined;
  };
  const endOldestOfAll = createGather({
    keyOf: (userId: string) => userId,
    async ask([userId = ""]) {
      const all = await io.in(userRoomName(userId)).fetchSockets();
      all.sort((a, b) => a.handshake.issued - b.handshake.issued);
      for (const far of all.slice(0, Math.max(all.length - limit, 0))) {
        if (end(far.id)) continue;
        emitError(far, tooMany());
        far.disconnect(true);
      }
    },
  });

  return {
    /** The user has one more now. */
    opened(userId: string): void {
      if (limit === 0) return;
      const here = idsHere(userId);
      for (const id of here.slice(0, Math.max(here.length - limit, 0))) end(id);
      if (!isHinted()) return;
      endOldestOfAll(userId).catch((error: unknown) => {
        log.debug({ err: error }, "other instances did not say what sockets a user has");
      });
    },
  };
}
