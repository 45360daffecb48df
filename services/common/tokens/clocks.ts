/**
 * How far the clocks of our services may be apart. A token that another has just issued is
 * good here too; by more than this nothing that it says of times can be believed.
 */
const clocksApartSeconds = 30;

/** @param issuedAt the `iat` of a token, seconds since 1970 */
export function isFromFuture(issuedAt: number): boolean {
  return issuedAt > Date.now() / 1000 + clocksApartSeconds;
}
