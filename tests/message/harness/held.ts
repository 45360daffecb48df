/**
 * A question to a store whose first answer is held back once it has been read, until the test
 * lets it go: what happens in between is newer than the answer.
 */
export function held<A extends unknown[], R>(
  ask: (...asked: A) => Promise<R>,
  isHeld: (...asked: A) => boolean = () => true,
) {
  const wasRead = Promise.withResolvers<void>();
  const mayAnswer = Promise.withResolvers<void>();
  let isOver = false;
  return {
    async ask(...asked: A): Promise<R> {
      const isThis = !isOver && isHeld(...asked);
      if (isThis) isOver = true;
      const answer = await ask(...asked);
      if (isThis) {
        wasRead.resolve();
        await mayAnswer.promise;
      }
      return answer;
    },
    wasRead: wasRead.promise,
    answer: () => mayAnswer.resolve(),
  };
}
