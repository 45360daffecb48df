/** Registers, logs in, sends, lists and is refused, by the types of api.ts. */
import createClient from "openapi-fetch";
import type { paths } from "./api.ts";

const api = createClient<paths>({ baseUrl: process.argv[2] ?? "" });
const names = { firstName: "Ada", lastName: "Lovelace" };
const login = { email: "ada.ts@example.com", password: "correct horse battery" };
const registered = await api.POST("/api/auth/register", {
  body: { username: "ada_ts", ...login, ...names },
});
if (registered.error) throw new Error(registered.error.message);
const { data: session } = await api.POST("/api/auth/login", { body: login });
const headers = { authorization: `Bearer ${session?.accessToken}` };
const { data } = await api.POST("/api/rooms", { headers, body: { name: "typed" } });
if (!data) throw new Error("no room");
const params = { path: { roomId: data.room.id } };
const sent = await api.POST("/api/rooms/{roomId}/messages", {
  headers,
  params,
  body: { content: "Hello", messageType: "text", metadata: { from: "generated" } },
});
if (!sent.data) throw new Error(sent.error.message);
const { seq, content, messageType } = sent.data.data;
console.log(seq, content, data.room.roomType, messageType);
const listed = await api.GET("/api/rooms/{roomId}/messages", {
  headers,
  params: { ...params, query: { limit: 10 } },
});
for (const it of listed.data?.messages ?? []) console.log(it.seq, it.metadata?.from);
const wrong = await api.POST("/api/auth/login", { body: { ...login, password: "wrong horse" } });
if (wrong.error?.code === "INVALID_CREDENTIALS") console.log(wrong.error.code);
