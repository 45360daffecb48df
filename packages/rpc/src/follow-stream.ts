export interface StreamFollower {
  /** Runs each step of the stream; plainly if not given. */
  run?: <R>(step: () => R) => R;
  /** The stream has ended, or its reader has left it. */
  onEnd: () => void;
  /** The stream has failed; answers what is thrown in its place. */
  onError: (thrown: unknown) => unknown;
}

/** Hands on a stream of messages; the follower learns once how it has ended. */
export async function* followStream<T>(
  messages: AsyncIterable<T>,
  { run = (step) => step(), onEnd, onError }: StreamFollower,
): AsyncGenerator<T> {
  const iterator = messages[Symbol.asyncIterator]();
  let hasFailed = false;
  try {
    for (;;) {
      const result = await run(() => iterator.next());
      if (result.done) return;
      yield result.value;
    }
  } catch (thrown) {
    hasFailed = true;
    throw onError(thrown);
  } finally {
    if (!hasFailed) onEnd();
    await iterator.return?.();
  }
}
