import { readLocal, writeLocal } from "../local.ts";

const key = "signed-in";

/** Whether anybody has been signed in by this browser. */
export function wasSignedIn(): boolean {
  return readLocal(key) !== null;
}

export function noteSignedIn(): void {
  writeLocal(key, "yes");
}
