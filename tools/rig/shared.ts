import { after } from "node:test";

const stack = new AsyncDisposableStack();
after(() => stack.disposeAsync());

/** Awaits what the tests of a file share; it is disposed of after the last of them, the last first. */
export async function shared<T extends AsyncDisposable | Disposable>(
  starting: T | Promise<T>,
): Promise<T> {
  return stack.use(await starting);
}
