import { create } from "@bufbuild/protobuf";
import { GetSigningKeysResponseSchema } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { AuthContext } from "../context.ts";

export const getSigningKeys =
  ({ keys }: AuthContext) =>
  async () =>
    create(GetSigningKeysResponseSchema, {
      keys: (await keys.published()).map(({ kid, x }) => ({ kid, kty: "OKP", crv: "Ed25519", x })),
    });

export const rotateSigningKeys =
  ({ keys }: AuthContext) =>
  async () => ({ kid: await keys.rotate() });
