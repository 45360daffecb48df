import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { HttpClient } from "./http-client.ts";
import type { Platform } from "./platform.ts";

/** A registered user with the client that is signed in. */
export interface TestUser {
  id: string;
  username: string;
  email: string;
  name: string;
  password: string;
  client: HttpClient;
}

export function newRegistration(firstName = "Ada", lastName = "Lovelace") {
  const tag = randomBytes(5).toString("hex");
  return {
    username: `user_${tag}`,
    email: `${tag}@example.com`,
    password: `correct horse ${tag}`,
    firstName,
    lastName,
  };
}

export async function registerUser(
  platform: Pick<Platform, "client">,
  firstName?: string,
): Promise<TestUser> {
  const client = platform.client();
  const registration = newRegistration(firstName);
  const answer = await client.post("/api/auth/register", registration);
  assert.equal(answer.status, 201, answer.text);
  const { username, email, password } = registration;
  return {
    id: answer.body.user.id,
    username,
    email,
    password,
    name: answer.body.user.name,
    client,
  };
}

/** The `general` room, which the first start creates. */
export async function generalRoomId(client: HttpClient): Promise<string> {
  const answer = await client.get("/api/rooms/public");
  const general = answer.body.rooms.find((it: { name: string }) => it.name === "general");
  assert.ok(general, "there is a room called general");
  return general.id;
}
