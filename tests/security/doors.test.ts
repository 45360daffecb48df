import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { accessOf } from "#contract/access.ts";
import { restRoutes } from "#contract/rest/routes.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { BlockService } from "#gen/aetherconnect/message/v1/block_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { RoomService } from "#gen/aetherconnect/message/v1/room_pb.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { clientOrigin, startPlatform } from "#tools/rig/platform.ts";
import { shared } from "#tools/rig/shared.ts";
import { newSocket, wsToken } from "#tools/rig/sockets.ts";
import { registerUser } from "#tools/rig/users.ts";

const platform = await shared(startPlatform());
const user = await registerUser(platform);

const services = [AuthService, RoomService, MessageService, BlockService];
const routes = restRoutes(services);
const pathOf = (template: string) => template.replaceAll(/\{[^}]*\}/g, "1");

describe("cookies", () => {
  const withCookie = (path: string, cookie: string, method = "GET") =>
    platform.client().request(method, path, { headers: { cookie }, withoutCookies: true });

  test("either credential twice is 400 in every arrangement, but where nobody could get out", async () => {
    const access = user.client.cookie("accessToken") ?? "";
    const refresh = user.client.cookie("refreshToken") ?? "";
    const twice = [
      `accessToken=${access}; accessToken=${access}`,
      `accessToken=; accessToken=${access}`,
      `accessToken=${access}; theme=dark; accessToken=planted`,
      `refreshToken=${refresh}; refreshToken=planted`,
      `accessToken=${access};accessToken=planted`,
    ];
    for (const cookie of twice) {
      for (const [method, path] of [
        ["GET", "/api/auth/profile"],
        ["POST", "/api/auth/refresh"],
        ["POST", "/api/auth/logout-all"],
      ] as const) {
        const answer = await withCookie(path, cookie, method);
        assert.equal(answer.status, 400, `${method} ${path} ${cookie.slice(0, 30)}`);
        assert.equal(answer.body.code, "AMBIGUOUS_CREDENTIALS");
        assert.deepEqual(answer.setCookies, []);
      }
      // Logout takes no notice of them: nobody is signed in by them, and they are cleared.
      const logout = await withCookie("/api/auth/logout", cookie, "POST");
      assert.equal(logout.status, 401);
      assert.equal(logout.setCookies.length, 2);
    }
    assert.equal((await user.client.get("/api/auth/profile")).status, 200);
  });

  test("values are opaque: no quotes, no JSON, no percent signs, no other spelling", async () => {
    const access = user.client.cookie("accessToken") ?? "";
    for (const cookie of [
      `accessToken="${access}"`,
      `accessToken=j:${JSON.stringify(access)}`,
      `accessToken=s:${access}.AAAA`,
      `accessToken=${access.replaceAll(".", "%2E")}`,
      `accesstoken=${access}`,
      `accessToken[]=${access}`,
      `__Host-accessToken=${access}`,
      `accessToken:${access}`,
      `=accessToken=${access}`,
      access,
    ]) {
      assert.equal(
        (await withCookie("/api/auth/profile", cookie)).status,
        401,
        cookie.slice(0, 40),
      );
    }
  });

  test("a refresh token in the place of an access token and the other way round", async () => {
    const access = user.client.cookie("accessToken") ?? "";
    const refresh = user.client.cookie("refreshToken") ?? "";
    assert.equal((await withCookie("/api/auth/profile", `accessToken=${refresh}`)).status, 401);
    for (const refreshToken of [access, await wsToken(user), `${refresh} `, `${refresh}=`, ""]) {
      const answer = await platform.client().post("/api/auth/refresh", { refreshToken });
      assert.equal(answer.status, 401);
      assert.equal(answer.body.code, "INVALID_REFRESH_TOKEN");
    }
  });

  test("a bearer header that is empty is not made up for by the cookie; another scheme is none", async () => {
    const access = user.client.cookie("accessToken") ?? "";
    const statusOf = async (authorization: string, withoutCookies: boolean) => {
      const headers = { authorization };
      return (await user.client.get("/api/auth/profile", { headers, withoutCookies })).status;
    };
    for (const authorization of ["Bearer", "Bearer  ", `bearer`]) {
      assert.equal(await statusOf(authorization, false), 401, authorization);
    }
    for (const authorization of ["", `Token ${access}`, "Basic YTpi"]) {
      assert.equal(await statusOf(authorization, false), 200, authorization);
      assert.equal(await statusOf(authorization, true), 401, authorization);
    }
  });
});

describe("CSRF", () => {
  const foreign: Record<string, string>[] = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "" },
    { origin: `${clientOrigin}.evil.example` },
    { origin: `${clientOrigin}/` },
    { origin: clientOrigin.toUpperCase() },
    { origin: `${clientOrigin}, https://evil.example` },
    { origin: "http://user@localhost:3004" },
    { origin: "file://" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "strange" },
    { origin: "https://evil.example", "sec-fetch-site": "same-origin" },
  ];

  test("every route that changes something refuses every foreign page, and changes nothing", async () => {
    const changing = routes.filter((route) => route.verb !== "get");
    assert.ok(changing.length >= 10);
    for (const route of changing) {
      for (const headers of foreign) {
        const answer = await user.client.request(route.verb.toUpperCase(), pathOf(route.template), {
          headers,
          body: {},
        });
        const what = `${route.verb} ${route.template} ${JSON.stringify(headers)}`;
        assert.equal(answer.status, 403, what);
        assert.equal(answer.body.code, "ORIGIN_FORBIDDEN", what);
        assert.deepEqual(answer.setCookies, [], what);
        assert.equal(answer.headers.get("access-control-allow-origin"), null, what);
      }
    }
    assert.equal((await user.client.get("/api/auth/profile")).status, 200);
  });

  test("so do Socket.IO's handshakes, on both ports and transports", async () => {
    const token = await wsToken(user);
    const outcome = (url: string, transport: "polling" | "websocket", origin: string) => {
      const socket = newSocket(url, token, {
        transports: [transport],
        extraHeaders: { origin },
      });
      return new Promise<string>((resolve) => {
        socket.on("connected", () => resolve("connected"));
        socket.on("connect_error", () => resolve("refused"));
        socket.connect();
      }).finally(() => socket.disconnect());
    };
    for (const url of [platform.gatewayUrl, platform.messageUrl]) {
      for (const transport of ["polling", "websocket"] as const) {
        for (const origin of ["https://evil.example", "null", `${clientOrigin}.evil.example`]) {
          assert.equal(await outcome(url, transport, origin), "refused", `${url} ${transport}`);
        }
        assert.equal(await outcome(url, transport, clientOrigin), "connected");
      }
    }
  });

  test("forms and text can't pose as JSON", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"]) {
      const answer = await user.client.post("/api/rooms", undefined, {
        raw: '{"name":"planted"}',
        headers: { "content-type": type },
      });
      assert.equal(answer.status, 415, type);
    }
  });

  test("the RPC ports let no page read or preflight anything", async () => {
    for (const url of [platform.authRpcUrl, platform.messageRpcUrl]) {
      const preflight = await fetch(`${url}/aetherconnect.auth.v1.AuthService/Login`, {
        method: "OPTIONS",
        headers: { origin: clientOrigin, "access-control-request-method": "POST" },
      });
      assert.ok(preflight.status >= 400);
      assert.equal(preflight.headers.get("access-control-allow-origin"), null);
    }
  });
});

describe("who may call what", () => {
  test("without a token: only what the contract gives to anyone", async () => {
    for (const route of routes) {
      const answer = await platform
        .client()
        .request(route.verb.toUpperCase(), pathOf(route.template), {
          ...(route.verb !== "get" && { body: {} }),
        });
      const isOpen = route.access === Access.ANYONE;
      if (!isOpen) assert.equal(answer.status, 401, `${route.verb} ${route.template}`);
      else assert.notEqual(answer.body?.message, "Unauthorized", route.template);
      assert.ok(answer.status < 500);
    }
  });

  test("every RPC: nobody, a user, and what belongs to services", async () => {
    const token = user.client.cookie("accessToken");
    for (const service of services) {
      const base = service === AuthService ? platform.authRpcUrl : platform.messageRpcUrl;
      for (const method of service.methods.filter((it) => it.methodKind === "unary")) {
        const statusWith = async (authorization?: string) => {
          const response = await fetch(`${base}/${service.typeName}/${method.name}`, {
            method: "POST",
            headers: {
              "content-type": "application/json",
              ...(authorization && { authorization }),
            },
            // No rule of the contract's takes this, so nothing happens where it passes.
            body: JSON.stringify({
              roomId: "",
              sessionId: "",
              refreshToken: "",
              pageSize: 100_000,
            }),
          });
          await response.arrayBuffer();
          return response.status;
        };
        const access = accessOf(method);
        const what = `${method.name}, access ${access}`;
        if (access !== Access.ANYONE) assert.equal(await statusWith(), 401, `${what}, nobody`);
        if (access === Access.SERVICE) {
          assert.equal(await statusWith(`Bearer ${token}`), 403, `${what}, a user`);
        }
      }
    }
  });
});
