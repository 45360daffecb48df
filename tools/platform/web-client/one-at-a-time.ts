/**
 * Answers what starts `act`, never beside itself: asked for in the meantime, it is done once more
 * afterwards, so that the last time has seen all that was there to see. Of those before, failures
 * are passed over.
 */
export function oneAtATime(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isWanted = false;
  const run = async () => {
    try {
      while (isWanted) {
        isWanted = false;
        try {
          await act();
        } catch (error) {
          if (!isWanted) throw error;
        }
      }
    } finally {
      running = undefined;
    }
  };
  return () => {
    isWanted = true;
    running ??= run();
    return running;
  };
}
