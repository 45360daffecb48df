/** `ENOENT` and its like, or whatever else tells what went wrong in a few words. */
export function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "code" in error && typeof error.code === "string" ? error.code : error.message;
}
