import type { SessionGuard } from "#common/sessions/session-guard.ts";
import { AppError, toAppError } from "#contract/errors.ts";
import type { Names } from "#message/members/names.ts";
import type { Judgement } from "../engine/types.ts";

const judgeLimitMs = 3_000;

/** Judges the `auth` payload of a handshake. Never throws: a refusal is a judgement too. */
export async function judgeHandshake(
  guard: Pick<SessionGuard, "verify">,
  names: Pick<Names, "find">,
  auth: Record<string, unknown>,
): Promise<Judgement> {
  const judge = async (): Promise<Judgement> => {
    const { token } = auth;
    if (typeof token !== "string" || token === "") throw new AppError("UNAUTHENTICATED");
    const { userId, sessionId } = await guard.verify("ws", token);
    const user = await names.find(userId);
    if (!user) throw new AppError("UNAUTHENTICATED");
    return { isAdmitted: true, user, sessionId };
  };
  let limit: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(new AppError("UNAVAILABLE")), judgeLimitMs);
  });
  try {
    return await Promise.race([judge(), tooLate]);
  } catch (error) {
    return { isAdmitted: false, error: toAppError(error) };
  } finally {
    clearTimeout(limit);
  }
}
