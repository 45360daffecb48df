import { type ApiUser, createApiRoom, registerApiUser } from "#tools/rig/api.ts";
import { createService } from "#tools/rig/service.ts";
import { content } from "./loops.ts";
import { startPlatform } from "./platform.ts";
import { pooled } from "./rounds.ts";

/** A server that is asked by REST, and what there is to ask for. */
export interface Site extends AsyncDisposable {
  url: string;
  users: readonly ApiUser[];
  /** Where every user is a member, with ten pages of messages; each is in four more rooms. */
  roomId: string;
  /** CPU time so far in microseconds, by process. */
  cpu: () => Promise<Map<string, number>>;
}

export const pages = 10;
const userCount = 32;
const roomsEach = 5;

/** @param folder the checkout whose platform is started */
export async function openPlatform(folder: string): Promise<Site> {
  await using stack = new AsyncDisposableStack();
  const platform = stack.use(await startPlatform(folder));
  const url = platform.gatewayUrl;
  const users: ApiUser[] = [];
  await pooled(userCount, 2, async () => users.push(await registerApiUser(url)));
  const [creator] = users;
  const roomId = creator ? await createApiRoom(creator, "Everybody's") : "";
  await pooled(userCount, 2, async (i) => {
    const user = users[i];
    await user?.post(`/api/rooms/${roomId}/join`, {});
    for (let k = 1; user && k < roomsEach; k++) await createApiRoom(user, `${i}'s room ${k}`);
  });
  await pooled(pages * 50, 8, async (i) => {
    const answer = await users[i % userCount]?.post(`/api/rooms/${roomId}/messages`, { content });
    if (answer?.status !== 201) throw new Error(`not sent: ${JSON.stringify(answer?.body)}`);
  });
  const held = stack.move();
  return {
    url,
    users,
    roomId,
    cpu: async () => platform.cpu(),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** bench/baselines/express.ts */
export async function openExpress(): Promise<Site> {
  const entry = `${import.meta.dirname}/../baselines/express.ts`;
  const server = createService({ name: "bare Express", entry, isMeasured: true });
  await server.start();
  return {
    url: server.urls[0] ?? "",
    users: [],
    roomId: "",
    cpu: async () => new Map([["Express", (await server.usage()).cpuMicros]]),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
