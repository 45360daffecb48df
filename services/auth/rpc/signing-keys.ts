import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";

export const getSigningKeys =
  ({ keys }: Pick<AuthContext, "keys">): Handler<typeof AuthService, "getSigningKeys"> =>
  async () => ({
    keys: (await keys.published()).map(({ kid, x }) => ({ kid, kty: "OKP", crv: "Ed25519", x })),
  });

export const rotateSigningKeys =
  ({ keys }: Pick<AuthContext, "keys">): Handler<typeof AuthService, "rotateSigningKeys"> =>
  async () => ({ kid: await keys.rotate() });
