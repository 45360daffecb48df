export interface GatherOptions<Q, A> {
  /** Questions of one key are asked together. */
  keyOf: (question: Q) => string;
  /** Asks what was gathered; all who asked get the one answer, or the one failure. */
  ask: (questions: Q[]) => Promise<A>;
}

/**
 * Asks together what is asked in the same moment. While a key's answer is on its way the next
 * questions gather, and are asked when it is there: a read that began before a question might
 * not see what the one who asks knows of.
 */
export function createGather<Q, A>({
  keyOf,
  ask,
}: GatherOptions<Q, A>): (question: Q) => Promise<A> {
  const gathering = new Map<string, { questions: Q[]; answer: Promise<A> }>();
  const last = new Map<string, Promise<unknown>>();

  const askAfter = async (before: Promise<unknown> | undefined, key: string, questions: Q[]) => {
    await before;
    gathering.delete(key);
    return ask(questions);
  };

  return (question) => {
    const key = keyOf(question);
    const open = gathering.get(key);
    if (open) {
      open.questions.push(question);
      return open.answer;
    }
    const questions = [question];
    const answer = askAfter(last.get(key), key, questions);
    gathering.set(key, { questions, answer });
    const settled: Promise<void> = answer
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        if (last.get(key) === settled) last.delete(key);
      });
    last.set(key, settled);
    return answer;
  };
}
