import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { newRegistration, registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());

describe("register", () => {
  test("answers the seed's body and sets both cookies", async () => {
    const client = platform.client();
    const registration = newRegistration("John", "Doe");
    const answer = await client.post("/api/auth/register", registration);
    assert.equal(answer.status, 201);
    const { id, createdAt, updatedAt, ...user } = answer.body.user;
    assert.deepEqual(
      { ...answer.body, user },
      {
        success: true,
        message: "User created successfully",
        user: {
          username: registration.username,
          email: registration.email,
          firstName: "John",
          lastName: "Doe",
          name: "John Doe",
          roles: ["user"],
          showPresence: true,
        },
      },
    );
    assert.match(id, /^\d+$/);
    assert.match(createdAt, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(createdAt, updatedAt);
    assert.equal(answer.headers.get("cache-control"), "no-store");
    const cookies = answer.setCookies.map((it) => it.replace(/=[^;]*/, "").toLowerCase()).sort();
    assert.match(
      cookies[0] ?? "",
      /^accesstoken; max-age=(900|899); path=\/; expires=[^;]+; httponly; samesite=lax$/,
    );
    assert.match(
      cookies[1] ?? "",
      /^refreshtoken; max-age=604800; path=\/; expires=[^;]+; httponly; samesite=lax$/,
    );
    assert.equal((await client.get("/api/auth/profile")).body.user.id, id);
  });

  test("refuses what is taken, whatever the case", async () => {
    const user = await registerUser(platform);
    for (const taken of [
      { username: user.username.toUpperCase() },
      { email: user.email.toUpperCase() },
    ]) {
      const answer = await platform
        .client()
        .post("/api/auth/register", { ...newRegistration(), ...taken });
      assert.equal(answer.status, 400);
      assert.equal(answer.body.code, "USER_EXISTS");
      assert.equal(answer.body.message, "User with this email or username already exists");
    }
  });

  test("names every field that is wrong", async () => {
    const answer = await platform.client().post("/api/auth/register", {
      username: "a b",
      email: "nobody",
      password: "short",
      firstName: "",
      surname: "x",
    });
    assert.equal(answer.status, 400);
    assert.equal(answer.body.code, "VALIDATION_FAILED");
    assert.equal(answer.body.message, "Validation failed");
    assert.ok(answer.body.details.some((it: { path: string }) => it.path === "surname"));
    const known = await platform.client().post("/api/auth/register", {
      username: "a b",
      email: "nobody",
      password: "short",
      firstName: "",
    });
    assert.deepEqual(known.body.details.map((it: { path: string }) => it.path).sort(), [
      "email",
      "firstName",
      "lastName",
      "password",
      "username",
    ]);
  });

  test("refuses the commonest passwords", async () => {
    const answer = await platform
      .client()
      .post("/api/auth/register", { ...newRegistration(), password: "password123" });
    assert.equal(answer.body.code, "VALIDATION_FAILED");
    assert.equal(answer.body.details[0].path, "password");
  });
});

describe("login", () => {
  test("by email or by username, with the tokens in the body", async () => {
    const user = await registerUser(platform);
    for (const login of [
      { email: user.email },
      { username: user.username },
      { email: user.email.toUpperCase() },
    ]) {
      const client = platform.client();
      const answer = await client.post("/api/auth/login", { ...login, password: user.password });
      assert.equal(answer.status, 200);
      assert.equal(answer.body.message, "Login successful");
      assert.equal(answer.body.accessToken, client.cookie("accessToken"));
      assert.equal(answer.body.refreshToken, client.cookie("refreshToken"));
      assert.equal(answer.headers.get("cache-control"), "no-store");
    }
  });

  test("answers an unknown user and a wrong password alike", async () => {
    const user = await registerUser(platform);
    const wrong = [
      { email: user.email, password: "not this one" },
      { username: "nobody-at-all", password: user.password },
    ];
    for (const body of wrong) {
      const answer = await platform.client().post("/api/auth/login", body);
      const { requestId, ...rest } = answer.body;
      assert.deepEqual(rest, {
        success: false,
        statusCode: 401,
        message: "Invalid credentials",
        code: "INVALID_CREDENTIALS",
      });
      assert.equal(requestId, answer.headers.get("x-request-id"));
      assert.deepEqual(answer.setCookies, []);
    }
  });

  test("takes either email or username, not both and not neither", async () => {
    const user = await registerUser(platform);
    const { email, username, password } = user;
    for (const body of [{ email, username, password }, { password }]) {
      assert.equal((await platform.client().post("/api/auth/login", body)).status, 400);
    }
  });
});

describe("refresh", () => {
  test("by cookie: the seed's body, both cookies new, the old one a race and then a theft", async () => {
    const user = await registerUser(platform);
    const old = user.client.cookie("refreshToken");
    const answer = await user.client.post("/api/auth/refresh");
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { success: true, message: "Token refreshed successfully" });
    assert.notEqual(user.client.cookie("refreshToken"), old);
    const replay = { headers: { cookie: `refreshToken=${old}` }, withoutCookies: true };
    const race = await user.client.post("/api/auth/refresh", {}, replay);
    assert.equal(race.status, 401);
    assert.equal(race.body.code, "REFRESH_RACE");
    assert.equal(race.body.message, "Token already used or invalid");
    assert.deepEqual(race.setCookies, []);
    await platform.database.query(
      "update auth.sessions set replaced_at = replaced_at - interval '1 minute'",
    );
    const theft = await user.client.post("/api/auth/refresh", {}, replay);
    assert.equal(theft.status, 401);
    assert.equal(theft.body.code, "TOKEN_REUSED");
    assert.equal(theft.body.message, "Token already used or invalid");
    assertCleared(theft.setCookies);
    const late = await user.client.post("/api/auth/refresh", {});
    assert.equal(late.body.code, "TOKEN_REUSED");
  });

  test("by body: the tokens in the body and no cookie", async () => {
    const user = await registerUser(platform);
    const refreshToken = user.client.cookie("refreshToken");
    const answer = await platform.client().post("/api/auth/refresh", { refreshToken });
    assert.equal(answer.status, 200);
    assert.ok(answer.body.accessToken && answer.body.refreshToken);
    assert.deepEqual(answer.setCookies, []);
  });

  test("cookie and body: the same counts as the cookie, different ones are ambiguous", async () => {
    const user = await registerUser(platform);
    const other = await registerUser(platform);
    const ambiguous = await user.client.post("/api/auth/refresh", {
      refreshToken: other.client.cookie("refreshToken"),
    });
    assert.equal(ambiguous.status, 400);
    assert.equal(ambiguous.body.message, "Ambiguous credentials");
    const same = await user.client.post("/api/auth/refresh", {
      refreshToken: user.client.cookie("refreshToken"),
    });
    assert.deepEqual(same.body, { success: true, message: "Token refreshed successfully" });
    assert.equal(same.setCookies.length, 2);
  });

  test("what was never issued is invalid, and the cookies are cleared", async () => {
    for (const cookie of ["", "refreshToken=nonsense", `refreshToken=${"A".repeat(43)}`]) {
      const headers = cookie ? { cookie } : {};
      const answer = await platform.client().post("/api/auth/refresh", {}, { headers });
      assert.equal(answer.status, 401);
      assert.equal(answer.body.message, "Invalid refresh token");
      assertCleared(answer.setCookies);
    }
  });

  test("fifty tabs at once: one wins, the rest race, the session works", async () => {
    const user = await registerUser(platform);
    const cookie = `refreshToken=${user.client.cookie("refreshToken")}`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        platform
          .client()
          .post("/api/auth/refresh", {}, { headers: { cookie }, withoutCookies: true }),
      ),
    );
    const winners = answers.filter((it) => it.status === 200);
    assert.equal(winners.length, 1);
    assert.equal(answers.filter((it) => it.body.code === "REFRESH_RACE").length, 49);
    const access =
      winners[0]?.setCookies.find((it) => it.startsWith("accessToken="))?.split(";")[0] ?? "";
    const profile = await platform
      .client()
      .get("/api/auth/profile", { headers: { cookie: access } });
    assert.equal(profile.status, 200);
  });
});

describe("logout", () => {
  test("ends every token of the session at once and clears the cookies", async () => {
    const user = await registerUser(platform);
    const accessToken = user.client.cookie("accessToken");
    const refreshToken = user.client.cookie("refreshToken");
    const answer = await user.client.post("/api/auth/logout");
    assert.equal(answer.status, 200);
    assert.deepEqual(answer.body, { success: true, message: "Logged out successfully" });
    assertCleared(answer.setCookies);
    const headers = { authorization: `Bearer ${accessToken}` };
    assert.equal((await platform.client().get("/api/auth/profile", { headers })).status, 401);
    const refresh = await platform.client().post("/api/auth/refresh", { refreshToken });
    assert.equal(refresh.body.code, "TOKEN_REUSED");
  });

  test("without a valid access token: 401, cookies cleared, the session of the refresh cookie ended", async () => {
    const user = await registerUser(platform);
    const refreshToken = user.client.cookie("refreshToken");
    const headers = { cookie: `refreshToken=${refreshToken}` };
    const answer = await platform.client().post("/api/auth/logout", {}, { headers });
    assert.equal(answer.status, 401);
    assert.equal(answer.body.message, "Unauthorized");
    assertCleared(answer.setCookies);
    assert.equal((await user.client.get("/api/auth/profile")).status, 401);
  });

  test("logout-all ends every session; changing the password all others", async () => {
    const user = await registerUser(platform);
    const second = platform.client();
    const credentials = { email: user.email, password: user.password };
    await second.post("/api/auth/login", credentials);
    const wrong = await user.client.post("/api/auth/password", {
      currentPassword: "wrong",
      newPassword: "another good one",
    });
    assert.equal(wrong.status, 401);
    assert.equal(wrong.body.message, "Invalid credentials");
    const changed = await user.client.post("/api/auth/password", {
      currentPassword: user.password,
      newPassword: "another good one",
    });
    assert.deepEqual(changed.body, { success: true, message: "Password changed successfully" });
    assert.equal((await second.get("/api/auth/profile")).status, 401);
    assert.equal((await user.client.get("/api/auth/profile")).status, 200);
    assert.equal((await second.post("/api/auth/login", credentials)).status, 401);
    await second.post("/api/auth/login", { email: user.email, password: "another good one" });
    const all = await user.client.post("/api/auth/logout-all");
    assert.deepEqual(all.body, { success: true, message: "Logged out everywhere" });
    assert.equal((await second.get("/api/auth/profile")).status, 401);
  });
});

describe("sessions", () => {
  test("are listed with the current one marked, and can be ended", async () => {
    const user = await registerUser(platform);
    const second = platform.client();
    await second.post(
      "/api/auth/login",
      { email: user.email, password: user.password },
      { headers: { "user-agent": "Second Browser" } },
    );
    const list = await user.client.get("/api/auth/sessions");
    assert.equal(list.body.message, "Sessions retrieved successfully");
    assert.equal(list.body.sessions.length, 2);
    const other = list.body.sessions.find((it: { current: boolean }) => !it.current);
    assert.equal(other.device, "Second Browser");
    const ended = await user.client.delete(`/api/auth/sessions/${other.id}`);
    assert.deepEqual(ended.body, { success: true, message: "Session ended successfully" });
    assert.equal((await second.get("/api/auth/profile")).status, 401);
    for (const id of [other.id, "nonsense", "a%00b", "%2F"]) {
      const missing = await user.client.delete(`/api/auth/sessions/${id}`);
      assert.equal(missing.status, 404);
      assert.equal(missing.body.message, "Session not found");
    }
  });
});

describe("profile", () => {
  test("is read and changed", async () => {
    const user = await registerUser(platform);
    const read = await user.client.get("/api/auth/profile");
    assert.equal(read.body.message, "User profile retrieved successfully");
    const changed = await user.client.put("/api/auth/profile", {
      firstName: "Grace",
      lastName: "Hopper",
    });
    assert.equal(changed.status, 200);
    assert.equal(changed.body.message, "User profile updated successfully");
    assert.equal(changed.body.user.name, "Grace Hopper");
    const email = `new-${user.email}`;
    const moved = await user.client.put("/api/auth/profile", {
      email,
      currentPassword: user.password,
    });
    assert.equal(moved.body.user.email, email);
  });

  test("anything wrong, unknown or taken fails with details", async () => {
    const user = await registerUser(platform);
    const other = await registerUser(platform);
    const wrong: [object, string][] = [
      [{ firstName: "" }, "firstName"],
      [{ firstName: 5 }, "firstName"],
      [{ nickname: "x" }, "nickname"],
      [{ username: other.username }, "username"],
      [{ email: "x@example.com" }, "currentPassword"],
      [{ email: "x@example.com", currentPassword: "wrong" }, "currentPassword"],
      [{ email: other.email, currentPassword: user.password }, "email"],
    ];
    for (const [body, path] of wrong) {
      const answer = await user.client.put("/api/auth/profile", body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.body.code, "PROFILE_UPDATE_FAILED");
      assert.equal(answer.body.message, "Failed to update user profile");
      assert.deepEqual(
        answer.body.details.map((it: { path: string }) => it.path),
        [path],
      );
    }
  });

  test("a user is found by the exact username", async () => {
    const user = await registerUser(platform);
    const found = await user.client.get(`/api/users?username=${user.username}`);
    assert.deepEqual(found.body, {
      success: true,
      message: "User found",
      user: { id: user.id, username: user.username, name: user.name },
    });
    const missing = await user.client.get(`/api/users?username=${user.username.slice(0, -1)}`);
    assert.equal(missing.status, 404);
    assert.equal(missing.body.message, "User not found");
    assert.equal((await user.client.get("/api/users")).status, 400);
  });
});

test("ws-token answers the seed's body", async () => {
  const user = await registerUser(platform);
  const answer = await user.client.get("/api/auth/ws-token");
  assert.deepEqual(Object.keys(answer.body), ["success", "token"]);
  assert.equal(answer.headers.get("cache-control"), "no-store");
});

function assertCleared(setCookies: string[]): void {
  assert.equal(setCookies.length, 2);
  for (const cookie of setCookies) {
    assert.match(
      cookie,
      /^(access|refresh)Token=; Max-Age=0; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
    );
  }
}
