import assert from "node:assert/strict";
import { test } from "node:test";
import { hash } from "@node-rs/argon2";
import { shared } from "#tools/rig/shared.ts";
import {
  as,
  codeOf,
  decode,
  errorOf,
  loginUser,
  newName,
  password,
  post,
  registerUser,
  signedIn,
  startFresh,
  startTestAuth,
} from "./harness.ts";

const auth = await shared(startFresh());

test("a user registers, and is signed in at once", async () => {
  const username = newName();
  const { user, tokens } = await registerUser(auth.client, { username });
  assert.match(user.id, /^[1-9]\d*$/);
  assert.equal(user.username, username);
  assert.equal(user.name, "Ada Lovelace");
  assert.deepEqual(user.roles, ["user"]);
  const profile = await auth.client.getProfile({}, as(tokens.accessToken));
  assert.deepEqual(profile.user, user);
  assert.match(tokens.refreshToken, /^[A-Za-z0-9_-]{43}$/);
});

test("the access token says what the contract says", async () => {
  const { user, tokens } = await registerUser(auth.client);
  const { header, payload } = decode(tokens.accessToken);
  assert.equal(header.alg, "EdDSA");
  assert.equal(header.typ, "at+jwt");
  assert.equal(typeof header.kid, "string");
  assert.equal(payload.iss, "aetherconnect");
  assert.equal(payload.aud, "aetherconnect");
  assert.equal(payload.sub, user.id);
  assert.equal(Number(payload.exp) - Number(payload.iat), 900);
  assert.deepEqual(Object.keys(payload).sort(), ["aud", "exp", "iat", "iss", "jti", "sid", "sub"]);
  const ws = await auth.client.issueWsToken({}, as(tokens.accessToken));
  const wsParts = decode(ws.token);
  assert.equal(wsParts.header.typ, "ws+jwt");
  assert.equal(wsParts.payload.sid, payload.sid);
  assert.equal(Number(wsParts.payload.exp) - Number(wsParts.payload.iat), 60);
});

test("a username and an email address are taken whatever their case or form", async () => {
  const username = newName();
  await registerUser(auth.client, { username, email: `${username}.é@example.com` });
  const take = (changes: object) => codeOf(registerUser(auth.client, changes));
  assert.equal(await take({ username: username.toUpperCase() }), "USER_EXISTS");
  assert.equal(await take({ email: `${username}.É@EXAMPLE.com` }), "USER_EXISTS");
  assert.equal(await take({ email: `${username}.e\u0301@example.com` }), "USER_EXISTS");
});

test("of many who register the same name at once one gets it", async () => {
  const username = newName();
  const codes = await Promise.all(
    Array.from({ length: 10 }, (_, i) =>
      codeOf(registerUser(auth.client, { username, email: `${username}.${i}@example.com` })),
    ),
  );
  assert.deepEqual(codes.toSorted(), ["OK", ...Array(9).fill("USER_EXISTS")]);
});

test("a user signs in by username or email, whatever their case or form", async () => {
  const username = newName();
  const email = `${username}.ﬁ@example.com`;
  await registerUser(auth.client, { username, email });
  for (const login of [
    { username },
    { username: username.toUpperCase() },
    { email },
    { email: `${username.toUpperCase()}.FI@example.com` },
  ]) {
    const { user } = signedIn(await auth.client.login({ ...login, password }));
    assert.equal(user.username, username);
  }
});

test("the same password in another Unicode form is the same", async () => {
  const username = newName();
  await auth.client.register({
    username,
    email: `${username}@example.com`,
    password: "Ångström-unit",
    firstName: "A",
    lastName: "Å",
  });
  const login = { username, password: "A\u030angstro\u0308m-unit" };
  assert.equal(await codeOf(auth.client.login(login)), "OK");
});

test("an unknown user and a wrong password get the same answer", async () => {
  const { user } = await registerUser(auth.client);
  const unknown = await post(auth.running.rpcUrl, "Login", { username: newName(), password });
  const wrong = await post(auth.running.rpcUrl, "Login", {
    username: user.username,
    password: "wrong password",
  });
  assert.deepEqual(unknown, wrong);
  assert.equal(unknown.status, 401);
  assert.equal(unknown.body.code, "unauthenticated");
  assert.equal(unknown.body.message, "Invalid credentials");
});

test("input that breaks a rule is refused with the field's name, over plain HTTP too", async () => {
  const bad = await errorOf(
    auth.client.register({ username: "a b", email: "x", password: "short", firstName: "" }),
  );
  assert.equal(bad.code, "VALIDATION_FAILED");
  assert.deepEqual(bad.faults.map((it) => it.path).toSorted(), [
    "email",
    "firstName",
    "lastName",
    "password",
    "username",
  ]);
  const both = await errorOf(auth.client.login({ username: "a", email: "b", password }));
  assert.deepEqual(
    both.faults.map((it) => it.path),
    ["email"],
  );
  const http = await post(auth.running.rpcUrl, "Register", { username: "x" });
  assert.equal(http.status, 400);
  assert.equal(http.body.code, "invalid_argument");
});

test("an email address that grows beyond measure when normalised is refused", async () => {
  const error = await errorOf(registerUser(auth.client, { email: `a@${"ﷺ".repeat(200)}.com` }));
  assert.equal(error.code, "VALIDATION_FAILED");
  assert.deepEqual(
    error.faults.map((it) => it.path),
    ["email"],
  );
});

test("the commonest passwords are refused in any case", async () => {
  const username = newName();
  const user = { username, email: `${username}@example.com`, firstName: "A", lastName: "B" };
  for (const common of ["password1", "PassWord1", "12345678", "ｐａｓｓｗｏｒｄ１"]) {
    const error = await errorOf(auth.client.register({ ...user, password: common }));
    assert.equal(error.code, "VALIDATION_FAILED", common);
    assert.deepEqual(
      error.faults.map((it) => it.path),
      ["password"],
    );
  }
  const { tokens } = await registerUser(auth.client);
  const change = { currentPassword: password, newPassword: "iloveyou1" };
  const error = await errorOf(auth.client.changePassword(change, as(tokens.accessToken)));
  assert.deepEqual(
    error.faults.map((it) => it.path),
    ["newPassword"],
  );
});

test("a password that everybody could guess of this user or product is refused", async () => {
  const username = `${newName()}_Ada`;
  const user = { username, email: `mail.${username}@example.com`, firstName: "A", lastName: "B" };
  for (const [message, ...passwords] of [
    [
      "is the username or the email address",
      username.toUpperCase(),
      user.email,
      `mail.${username}`,
    ],
    ["is the name of the product", "AetherConnect", "aetherconnect2026!", "123aetherconnect"],
    ["is one of the commonest passwords", "password1"],
  ]) {
    for (const guessed of passwords) {
      const error = await errorOf(auth.client.register({ ...user, password: guessed }));
      assert.deepEqual(
        error.faults.map((it) => ({ path: it.path, message: it.message })),
        [{ path: "password", message }],
        guessed,
      );
    }
  }
  const { tokens } = await registerUser(auth.client, { username, email: user.email });
  const change = { currentPassword: password, newPassword: username.toLowerCase() };
  const error = await errorOf(auth.client.changePassword(change, as(tokens.accessToken)));
  assert.deepEqual(
    error.faults.map((it) => it.path),
    ["newPassword"],
  );
});

test("passwords are stored by argon2id, and hashed anew when the parameters were raised", async () => {
  const { user } = await registerUser(auth.client);
  const storedHash = async () => {
    const [row] = await auth.database.query("select password_hash from auth.users where id = $1", [
      user.id,
    ]);
    return String(row?.password_hash);
  };
  assert.match(await storedHash(), /^\$argon2id\$v=19\$m=1024,t=1,p=1\$/);
  await using raised = await startTestAuth(auth.config, {
    passwordCost: { memoryCost: 2_048, timeCost: 2 },
  });
  await loginUser(raised.client, user.username);
  const renewed = await storedHash();
  assert.match(renewed, /^\$argon2id\$v=19\$m=2048,t=2,p=1\$/);
  await loginUser(auth.client, user.username);
  assert.equal(await storedHash(), renewed, "never lowered");
});

test("by default hashes have OWASP's parameters", async () => {
  const made = await hash("x", { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
  const { createPasswords, defaultPasswordCost } = await import("#auth/passwords/passwords.ts");
  const passwords = await createPasswords(defaultPasswordCost);
  using hasher = passwords.queueUp();
  const own = await hasher.hash("some password");
  assert.equal(own.split("$").slice(0, 4).join("$"), made.split("$").slice(0, 4).join("$"));
  assert.equal(await hasher.verify(own, "some password"), true);
  assert.equal(await hasher.verify(own, "another"), false);
  assert.equal(await hasher.verify(undefined, "some password"), false);
});
