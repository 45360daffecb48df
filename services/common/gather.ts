export interface GatherOptions<Q, A> {
  /** Asks them all at once; what it answers says each one's answer, or throws for that one alone. */
  ask: (questions: Q[]) => Promise<(question: Q) => A>;
  /** Only questions of one key are asked together; without it, any are. */
  keyOf?: (question: Q) => string;
  /** Questions that are asked together at most. */
  most?: number;
}

interface Waiting<Q, A> {
  question: Q;
  resolve: (answer: A) => void;
  reject: (error: unknown) => void;
}

/** What is asked of one key. */
interface Line<Q, A> {
  waiting: Waiting<Q, A>[];
  asking: number;
  isDue: boolean;
}

/** More than one, so that others pass a batch that is stuck; few, so that batches grow under load. */
const mostAsking = 4;

/**
 * Asks together what is asked in one turn of the event loop, and what gathers while four batches
 * are on their way. Nothing is kept: each question is asked after it was put, so its answer knows
 * of all that its asker knows of. Where a batch fails each of its questions is asked again by
 * itself, once, so that one that can't be answered fails alone.
 */
export function createGather<Q, A>({
  ask,
  keyOf,
  most = 500,
}: GatherOptions<Q, A>): (question: Q) => Promise<A> {
  const lines = new Map<string, Line<Q, A>>();

  const askTogether = async (batch: Waiting<Q, A>[]) => {
    const answerOf = await ask(batch.map(({ question }) => question));
    for (const { question, resolve, reject } of batch) {
      try {
        resolve(answerOf(question));
      } catch (error) {
        reject(error);
      }
    }
  };
  const askAlone = (one: Waiting<Q, A>) => askTogether([one]).catch(one.reject);
  const settle = (batch: Waiting<Q, A>[]) =>
    askTogether(batch).catch((error: unknown) => {
      if (batch.length > 1) batch.forEach(askAlone);
      else batch[0]?.reject(error);
    });

  const start = (key: string, line: Line<Q, A>) => {
    line.isDue = false;
    while (line.waiting.length > 0 && line.asking < mostAsking) {
      line.asking++;
      settle(line.waiting.splice(0, most)).then(() => {
        line.asking--;
        schedule(key, line);
      });
    }
  };
  const schedule = (key: string, line: Line<Q, A>) => {
    if (line.isDue) return;
    if (line.waiting.length === 0) {
      if (line.asking === 0) lines.delete(key);
    } else if (line.asking < mostAsking) {
      line.isDue = true;
      setImmediate(start, key, line);
    }
  };

  return (question) => {
    const key = keyOf?.(question) ?? "";
    const line = lines.get(key) ?? { waiting: [], asking: 0, isDue: false };
    lines.set(key, line);
    return new Promise((resolve, reject) => {
      line.waiting.push({ question, resolve, reject });
      schedule(key, line);
    });
  };
}
