import { create, type DescMethod, isMessage, type Message } from "@bufbuild/protobuf";
import type { Client } from "@connectrpc/connect";
import { clientAddressHeader } from "#common/rpc/caller.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError } from "#contract/errors.ts";
import {
  AuthService,
  LoginResponseSchema,
  RefreshSessionRequestSchema,
  RefreshSessionResponseSchema,
  RegisterResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { CookieJar } from "./cookies.ts";
import type { RouteHook } from "./transcode.ts";

export interface CredentialHooksOptions {
  auth: Pick<Client<typeof AuthService>, "endSessionByRefreshToken">;
  jar: CookieJar;
  /** Whether the login answers its tokens in the body too. */
  tokensInBody: boolean;
}

/** The methods that set, take or clear cookies: what the contract's options can't say. */
export function credentialHooks(options: CredentialHooksOptions): Map<DescMethod, RouteHook> {
  const { jar } = options;
  const clearing: RouteHook["handle"] = async (call, input) => {
    const response = await call.send(input);
    jar.clear(call.res);
    return response;
  };
  return new Map<DescMethod, RouteHook>([
    [
      AuthService.method.register,
      {
        ambiguousCookies: "ignored",
        async handle(call, input) {
          const response = expectMessage(await call.send(input), RegisterResponseSchema);
          if (response.tokens) jar.set(call.res, response.tokens);
          return response;
        },
      },
    ],
    [
      AuthService.method.login,
      {
        ambiguousCookies: "ignored",
        async handle(call, input) {
          const response = expectMessage(await call.send(input), LoginResponseSchema);
          if (response.tokens) jar.set(call.res, response.tokens);
          return options.tokensInBody ? response : { ...response, tokens: undefined };
        },
      },
    ],
    [AuthService.method.refreshSession, { handle: refreshHook(jar) }],
    [
      AuthService.method.logout,
      {
        ambiguousCookies: "ignored",
        handle: clearing,
        async onRefused({ res, cookies, admission }) {
          // Whether the caller is signed in could not be judged: nothing is touched.
          if (admission.refusal?.code === "UNAVAILABLE") return;
          if (cookies.refreshToken) {
            await options.auth
              .endSessionByRefreshToken(
                { refreshToken: cookies.refreshToken },
                { headers: { [clientAddressHeader]: admission.address } },
              )
              .catch((thrown: unknown) => {
                throw fromConnectError(thrown);
              });
          }
          jar.clear(res);
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
    const fromBody = expectMessage(input, RefreshSessionRequestSchema).refreshToken;
    const fromCookie = call.cookies.refreshToken;
    if (fromBody && fromCookie && fromBody !== fromCookie) {
      throw new AppError("AMBIGUOUS_CREDENTIALS");
    }
    const isByBody = Boolean(fromBody && !fromCookie);
    const request = create(RefreshSessionRequestSchema, { refreshToken: fromCookie || fromBody });
    try {
      const response = expectMessage(await call.send(request), RefreshSessionResponseSchema);
      if (isByBody) return response;
      if (response.tokens) jar.set(call.res, response.tokens);
      return { ...response, tokens: undefined };
    } catch (thrown) {
      const code = thrown instanceof AppError ? thrown.code : undefined;
      // A race is left alone: clearing would wipe what the winning tab has just got.
      if (code === "INVALID_REFRESH_TOKEN" || code === "TOKEN_REUSED") {
        jar.clear(call.res);
      }
      throw thrown;
    }
  };
}

function expectMessage<D extends Parameters<typeof isMessage>[1] & object>(
  message: Message,
  desc: D,
) {
  if (!isMessage(message, desc)) throw new Error(`expected ${desc.typeName}`);
  return message;
}
