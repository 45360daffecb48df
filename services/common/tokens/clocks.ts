import { budgets } from "../budgets.ts";

/**
 * Whether a token was issued later than clocks may be apart: then nothing that it says of
 * times can be believed.
 * @param issuedAt the `iat` of a token, seconds since 1970
 */
export function isFromFuture(issuedAt: number): boolean {
  return issuedAt * 1000 > Date.now() + budgets.tokens.clocksApart;
}
