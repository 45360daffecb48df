import { createServiceTokens } from "#common/tokens/service-token.ts";
import type { Platform } from "../platform.ts";
import { wsToken } from "../sockets.ts";
import type { TestUser } from "../users.ts";
import { stealKey } from "./genuine-key.ts";
import type { Material } from "./parts.ts";

/** All that a forger can have of a platform and one of its users, for either kind of token. */
export async function stealMaterial(
  platform: Platform,
  user: TestUser,
  keyServerUrl: string,
): Promise<{ access: Material; ws: Material }> {
  const service = createServiceTokens("gateway", [platform.serviceSecret]);
  const access = user.client.cookie("accessToken") ?? "";
  const ws = await wsToken(user);
  const shared = { key: await stealKey(platform), serviceSecret: platform.serviceSecret };
  const others = {
    "a service token for auth": await service.issue("auth"),
    "a service token for message": await service.issue("message"),
    "a refresh token": user.client.cookie("refreshToken") ?? "",
  };
  return {
    access: {
      ...shared,
      keyServerUrl,
      kind: "access",
      token: access,
      others: { ...others, "a WebSocket token": ws },
    },
    ws: {
      ...shared,
      keyServerUrl,
      kind: "ws",
      token: ws,
      others: { ...others, "an access token": access },
    },
  };
}
