import { type ApiUser, createApiRoom, registerApiUser } from "#tools/rig/api.ts";
import type { LoadConfig } from "./protocol.ts";

/** The users of a run, and the rooms that all of them are in. */
export interface People {
  /** By name. */
  users: ReadonlyMap<string, ApiUser>;
  shared: readonly string[];
  /** By instance: only its clients write to it. */
  own: ReadonlyMap<string, string>;
}

/** Registers everybody and creates the rooms: every second one is private. @throws Error */
export async function gather({
  clients,
  sharedRooms,
  instances,
  apiUrl,
}: LoadConfig): Promise<People> {
  const owner = await registerApiUser(apiUrl);
  const users = new Map<string, ApiUser>();
  for (const { user } of clients) {
    if (!users.has(user)) users.set(user, await registerApiUser(apiUrl, user));
  }
  const create = async (name: string, roomType: "public" | "private") => {
    const roomId = await createApiRoom(owner, name, roomType);
    for (const user of users.values()) {
      const { status, body } =
        roomType === "public"
          ? await user.post(`/api/rooms/${roomId}/join`, {})
          : await owner.post(`/api/rooms/${roomId}/members`, { userId: user.id });
      if (status !== 200) throw new Error(`no member of ${name}: ${JSON.stringify(body)}`);
    }
    return roomId;
  };
  const shared: string[] = [];
  for (let i = 1; i <= sharedRooms; i++) {
    shared.push(await create(`shared ${i}`, i % 2 === 0 ? "private" : "public"));
  }
  const own = new Map<string, string>();
  for (const name of instances) own.set(name, await create(name, "public"));
  return { users, shared, own };
}
