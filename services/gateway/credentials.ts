import { create, type DescMethod, fromBinary, isMessage, toBinary } from "@bufbuild/protobuf";
import { AppError } from "#contract/errors.ts";
import {
  AuthService,
  EndSessionByRefreshTokenRequestSchema,
  LoginResponseSchema,
  RefreshSessionRequestSchema,
  RefreshSessionResponseSchema,
  RegisterResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Door } from "./admission.ts";
import type { CookieJar } from "./cookies.ts";
import type { Call, RouteHook } from "./transcode.ts";

export interface CredentialHooksOptions {
  callAuth: Call;
  door: Pick<Door, "clientHeaders">;
  jar: CookieJar;
  /** Whether the login answers its tokens in the body too. */
  tokensInBody: boolean;
}

/** The methods that set, take or clear cookies: what the contract's options can't say. */
export function credentialHooks(options: CredentialHooksOptions): Map<DescMethod, RouteHook> {
  const { jar } = options;
  const clearing: RouteHook["handle"] = async (call, input) => {
    const response = await call.send(input);
    call.say(jar.clear());
    return response;
  };
  return new Map<DescMethod, RouteHook>([
    [
      AuthService.method.register,
      {
        ambiguousCookies: "ignored",
        async handle(call, input) {
          const response = await call.send(input);
          const { tokens } = fromBinary(RegisterResponseSchema, response);
          if (tokens) call.say(jar.set(tokens));
          return response;
        },
      },
    ],
    [
      AuthService.method.login,
      {
        ambiguousCookies: "ignored",
        async handle(call, input) {
          const response = await call.send(input);
          const { user, tokens } = fromBinary(LoginResponseSchema, response);
          if (tokens) call.say(jar.set(tokens));
          if (options.tokensInBody) return response;
          return toBinary(LoginResponseSchema, create(LoginResponseSchema, user ? { user } : {}));
        },
      },
    ],
    [AuthService.method.refreshSession, { handle: refreshHook(jar) }],
    [
      AuthService.method.logout,
      {
        ambiguousCookies: "ignored",
        handle: clearing,
        async onRefused({ req, cookies: { refreshToken }, say }, refusal) {
          // Whether the caller is signed in could not be judged: nothing is touched.
          if (refusal.code === "UNAVAILABLE") return;
          if (refreshToken) {
            await options.callAuth(
              AuthService.method.endSessionByRefreshToken,
              create(EndSessionByRefreshTokenRequestSchema, { refreshToken }),
              options.door.clientHeaders(req),
            );
          }
          say(jar.clear());
        },
      },
    ],
    [AuthService.method.logoutAll, { handle: clearing }],
  ]);
}

/**
 * By cookie the new tokens go into cookies alone, by body into the body alone: a client
 * without a cookie jar gets none, and a browser's script never sees a token.
 */
function refreshHook(jar: CookieJar): RouteHook["handle"] {
  return async (call, input) => {
    if (!isMessage(input, RefreshSessionRequestSchema)) throw new Error("expected a refresh");
    const fromBody = input.refreshToken;
    const fromCookie = call.cookies.refreshToken;
    if (fromBody && fromCookie && fromBody !== fromCookie) {
      throw new AppError("AMBIGUOUS_CREDENTIALS");
    }
    const isByBody = Boolean(fromBody && !fromCookie);
    const request = create(RefreshSessionRequestSchema, { refreshToken: fromCookie || fromBody });
    try {
      const response = await call.send(request);
      if (isByBody) return response;
      const { tokens } = fromBinary(RefreshSessionResponseSchema, response);
      if (tokens) call.say(jar.set(tokens));
      return nothing;
    } catch (thrown) {
      const code = thrown instanceof AppError ? thrown.code : undefined;
      // A race is left alone: clearing would wipe what the winning tab has just got.
      if (code === "INVALID_REFRESH_TOKEN" || code === "TOKEN_REUSED") {
        call.say(jar.clear());
      }
      throw thrown;
    }
  };
}

/** A response of which every field is unset. */
const nothing = new Uint8Array();
