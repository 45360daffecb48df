import type { Wire } from "./connection-types.ts";
import type { Directory, RoomsSnapshot } from "./directory.ts";
import { type ChatErrorInfo, closed, signedOut } from "./errors.ts";
import type { CreateRoomRequest, OpenDirectRoomRequest, Room as RoomInfo } from "./gen/contract.ts";
import type { OutboxCore } from "./outbox.ts";
import { createRoom, type RoomCore } from "./room.ts";
import type { Room } from "./room-types.ts";
import type { Session } from "./session.ts";
import type { Readable } from "./state.ts";

export interface Rooms extends Readable<RoomsSnapshot> {
  /** A room, which is loaded meanwhile. Each call wants its own `close`. */
  get: (roomId: string) => Room;
  /** As `get`, once the room is joined and its newest messages are there. @throws ChatError */
  open: (roomId: string) => Promise<Room>;
  /** Creates a room, whose owner the user is: a public one, if nothing else is said. @throws ChatError */
  create: (request: CreateRoomRequest) => Promise<RoomInfo>;
  /** Makes the user a member of a public room. @throws ChatError */
  join: (roomId: string) => Promise<RoomInfo>;
  /** Ends the user's membership. @throws ChatError */
  leave: (roomId: string) => Promise<void>;
  /** The room of the user and one other, which is made if need be. @throws ChatError */
  openDirect: (request: OpenDirectRoomRequest) => Promise<RoomInfo>;
}

export interface RoomsCore extends Rooms {
  /** The room, if it is open. */
  find: (roomId: string) => RoomCore | undefined;
  endAll: (reason: ChatErrorInfo) => void;
}

export interface RoomsOptions {
  session: Session;
  wire: Wire;
  directory: Directory;
  outbox: () => OutboxCore;
  /** The client's end. */
  end: AbortSignal;
}

export function createRooms({ session, wire, directory, ...options }: RoomsOptions): RoomsCore {
  const opened = new Map<string, { room: RoomCore; uses: number }>();

  const get = (roomId: string): RoomCore => {
    const known = opened.get(roomId);
    if (known) {
      known.uses++;
      return known.room;
    }
    const close = () => {
      const its = opened.get(roomId);
      if (its?.room !== room || --its.uses > 0) return;
      opened.delete(roomId);
      room.end();
    };
    const room = createRoom({ roomId, session, wire, directory, outbox: options.outbox(), close });
    opened.set(roomId, { room, uses: 1 });
    if (wire.isUp()) room.join().catch(() => undefined);
    return room;
  };

  wire.onUp(async () => {
    await Promise.allSettled([...opened.values()].map(({ room }) => room.join()));
    options.outbox().flush();
  });

  const endAll = (reason: ChatErrorInfo) => {
    const rooms = [...opened.values()];
    opened.clear();
    for (const { room } of rooms) room.end(reason);
  };
  const listed = async (answer: Promise<{ room: RoomInfo }>) => {
    const { room } = await answer;
    // Of one that is known, events have said more by now.
    if (!directory.get(room.id)) directory.put(room);
    return room;
  };
  let hadUser = false;
  session.onUser((user) => {
    // What was opened before it was known who is there is theirs.
    if (hadUser || !user) endAll(signedOut());
    hadUser = user !== null;
  });

  return {
    endAll,
    getSnapshot: directory.getSnapshot,
    subscribe: directory.subscribe,
    get,
    find: (roomId) => opened.get(roomId)?.room,
    async open(roomId) {
      if (options.end.aborted) throw closed();
      const room = get(roomId);
      try {
        await room.ready();
        return room;
      } catch (error) {
        room.close();
        throw error;
      }
    },
    create: (request) => listed(session.call("createRoom", request)),
    join: (roomId) => listed(session.call("joinRoom", { roomId })),
    openDirect: (request) => listed(session.call("openDirectRoom", request)),
    async leave(roomId) {
      await session.call("leaveRoom", { roomId });
      directory.remove(roomId);
    },
  };
}
