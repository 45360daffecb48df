export interface MemberChecksOptions {
  /** @param version what the room's membership had come to when it was asked for */
  check: (roomId: string, version: number) => Promise<void>;
  onFailure: (roomId: string, error: unknown) => void;
}

/** Looks at who is still a member, a few rooms at a time and no room twice at once. */
export interface MemberChecks extends Disposable {
  /** Asks for a room; nothing if it is being looked at, for who asks will find it changed again. */
  add: (roomId: string, version: number) => void;
  /** Resolves when all that was asked for is done; never rejects. */
  idle: () => Promise<void>;
}

const atOnce = 4;

export function createMemberChecks({ check, onFailure }: MemberChecksOptions): MemberChecks {
  const waiting = new Map<string, number>();
  const underWay = new Set<string>();
  const lanes = new Set<Promise<void>>();

  const work = async () => {
    // What is added meanwhile comes by too.
    for (const [roomId, version] of waiting) {
      waiting.delete(roomId);
      underWay.add(roomId);
      await check(roomId, version).catch((error: unknown) => onFailure(roomId, error));
      underWay.delete(roomId);
    }
  };
  return {
    add(roomId, version) {
      if (underWay.has(roomId)) return;
      waiting.set(roomId, version);
      if (lanes.size === atOnce) return;
      const lane = work().finally(() => lanes.delete(lane));
      lanes.add(lane);
    },
    async idle() {
      await Promise.all(lanes);
    },
    [Symbol.dispose]: () => waiting.clear(),
  };
}
