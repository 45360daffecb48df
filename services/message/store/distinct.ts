/** Reads once what several ask for alike; who asks for the same gets the same answer. */
export async function readDistinct<Q, A>(
  questions: readonly Q[],
  keyOf: (question: Q) => string,
  read: (distinct: Q[]) => Promise<A[]>,
): Promise<Map<Q, A | undefined>> {
  const keys = questions.map(keyOf);
  const distinct = new Map(questions.map((question, i) => [keys[i], question]));
  const answers = await read([...distinct.values()]);
  const byKey = new Map([...distinct.keys()].map((key, i) => [key, answers[i]]));
  return new Map(questions.map((question, i) => [question, byKey.get(keys[i])]));
}
