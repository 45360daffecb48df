import { z } from "zod";
import { ROOT } from "#contract/root.ts";
import { type ApiUser, ask, createApiRoom, registerApiUser } from "#tools/rig/api.ts";
import { keepCalling } from "../measure/calls.ts";
import { asMedian, comparison, measureRounds, withSpread } from "../measure/compare.ts";
import { openHttpConnection, requestOf } from "../measure/http-connection.ts";
import { content } from "../measure/loops.ts";
import { type Platform, startPlatform } from "../measure/platform.ts";
import { pooled } from "../measure/rounds.ts";
import type { Scenario } from "../measure/scenario.ts";

const many = 400;
const few = 5;
const perPage = 50;
const emoji = ["👍", "🎉", "❤️"];
const connections = 8;
const ms = 2_000;

const profile = z.object({ user: z.object({ id: z.string() }) });

const columns = {
  perSecond: withSpread("requests/s"),
  p50: asMedian("p50 ms"),
  p99: asMedian("p99 ms"),
  cpu: withSpread("CPU µs a request"),
};

export const lists: Scenario = {
  about: "long lists by REST: 400 rooms against 5, a page with reactions against one without",
  async run({ rounds, say }) {
    await using platform = await startPlatform(ROOT);
    const url = platform.gatewayUrl;
    const [reader, writer] = await Promise.all([registerApiUser(url), registerApiUser(url)]);
    const guest = await registerApiUser(url);
    const [readerId, guestId] = [await idOf(reader), await idOf(guest)];
    const ids: string[] = [];
    await pooled(many, 4, async (i) => {
      const id = await createApiRoom(writer, `Room ${i}`);
      ids.push(id);
      await reader.post(`/api/rooms/${id}/join`, {});
      if (i < few) await guest.post(`/api/rooms/${id}/join`, {});
      await send(writer, id, [readerId, ...(i < few ? [guestId] : [])]);
    });
    const [plain = "", reacted = ""] = ids;
    await pooled(perPage, 4, () => send(writer, plain, []));
    for (let i = 0; i < perPage; i++) await send(writer, reacted, []);
    const seqs = Array.from({ length: perPage }, (_, i) => i + 2);
    await pooled(perPage, 4, async (i) => {
      for (const it of emoji) {
        const path = `/api/rooms/${reacted}/messages/${seqs[i]}/reactions/${encodeURIComponent(it)}`;
        for (const { accessToken } of [reader, writer]) {
          const headers = { authorization: `Bearer ${accessToken}` };
          const { status } = await ask(url + path, { method: "PUT", headers });
          if (status !== 200) throw new Error(`no reaction: ${status}`);
        }
      }
    });
    const side = sideOf(platform);
    const page = (id: string) => `/api/rooms/${id}/messages?limit=${perPage}`;
    const lists = [
      side(`${many} rooms`, reader, "/api/rooms"),
      side(`${few} rooms`, guest, "/api/rooms"),
    ];
    const pages = [
      side(`a page with ${emoji.length} reactions each`, reader, page(reacted)),
      side("a page without", reader, page(plain)),
    ];
    for (const { measure } of [...lists, ...pages]) await measure();
    await measureRounds(lists, rounds);
    await measureRounds(pages, rounds);
    say(comparison("", columns, lists, { [`${few} rooms`]: { cpu: { atMost: 4 } } }));
    say(comparison("", columns, pages, { "a page without": { cpu: { atMost: 1.3 } } }));
    say(
      `${connections} connections, one request at a time each. Every room has an unread message that ` +
        `mentions who asks. Reactions are of two users each. CPU: that of all processes below \`npm start\`.`,
    );
  },
};

async function idOf(user: ApiUser): Promise<string> {
  const { body } = await user.get("/api/auth/profile");
  return profile.parse(body).user.id;
}

async function send(user: ApiUser, roomId: string, mentions: string[]): Promise<void> {
  const answer = await user.post(`/api/rooms/${roomId}/messages`, { content, mentions });
  if (answer.status !== 201) throw new Error(`not sent: ${JSON.stringify(answer.body)}`);
}

const sideOf = (platform: Platform) => (name: string, user: ApiUser, path: string) => ({
  name,
  samples: [],
  async measure() {
    // Signs in again whose token would soon expire.
    await user.get("/api/auth/profile");
    const request = requestOf("GET", path, { token: user.accessToken });
    const open = await Promise.all(
      Array.from({ length: connections }, () => openHttpConnection(platform.gatewayUrl)),
    );
    const total = () => [...platform.cpu().values()].reduce((sum, it) => sum + it, 0);
    const before = total();
    const calls = await keepCalling(connections, ms, (lane) =>
      open[lane] ? open[lane].ask(request) : Promise.resolve(),
    );
    const cpu = (total() - before) / calls.count;
    for (const connection of open) connection.close();
    return { ...calls, cpu };
  },
});
