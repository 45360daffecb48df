import { clientOf } from "#common/rpc/caller.ts";
import { AppError } from "#contract/errors.ts";
import type { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Handler } from "#rpc";
import type { AuthContext } from "../context.ts";
import { type Rotation, rotateRefreshToken } from "../db/rotate-refresh-token.ts";
import {
  hashRefreshToken,
  isRefreshToken,
  issueTokens,
  makeRefreshToken,
} from "../sessions/tokens.ts";

export const refreshSession = (
  ctx: Pick<AuthContext, "config" | "db" | "keys" | "limits" | "log" | "metrics">,
): Handler<typeof AuthService, "refreshSession"> => {
  const outcomes = ctx.metrics.counter("refreshes_total", "Uses of refresh tokens", ["outcome"]);

  return async (req, call) => {
    const { address } = clientOf(call);
    const next = makeRefreshToken();
    const rotation: Rotation = isRefreshToken(req.refreshToken)
      ? await rotateRefreshToken(ctx.db, {
          hash: hashRefreshToken(req.refreshToken),
          nextHash: next.hash,
          reuseWindowSeconds: ctx.config.refreshReuseWindowSeconds,
        })
      : { outcome: "unknown" };
    outcomes.inc({ outcome: rotation.outcome });
    switch (rotation.outcome) {
      case "rotated":
        return {
          tokens: issueTokens(ctx.keys, rotation.session, next),
        };
      case "race":
        throw new AppError("REFRESH_RACE");
      case "limited":
        throw new AppError("RATE_LIMITED", rotation);
      case "unknown":
        await ctx.limits.refreshFailed(address);
        throw new AppError("INVALID_REFRESH_TOKEN");
      case "reused":
        // Where a session has just ended this is answered in any case: its cookies must go.
        if (rotation.endedSessionIds.length === 0) await ctx.limits.refreshFailed(address);
        else {
          ctx.log.warn(
            { sessionIds: rotation.endedSessionIds },
            "a refresh token was used twice: its session has ended",
          );
        }
        throw new AppError("TOKEN_REUSED");
    }
  };
};
