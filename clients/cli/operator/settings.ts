import { StartError } from "#common/lifecycle.ts";
import { Failure } from "../failure.ts";

/** Does what is refused with one line that says what to do. @throws Failure */
export function asFailure<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof StartError ? new Failure("refused", error.message) : error;
  }
}
