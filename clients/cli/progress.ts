const everyMs = 100;

/** How far something long has come: a line on a terminal that is written over, nowhere else. */
export interface Progress extends Disposable {
  at: (done: number) => void;
}

export function createProgress(what: string, total?: number): Progress {
  const isShown = process.stderr.isTTY;
  let shownAt = 0;
  const of = total === undefined ? "" : ` of ${total.toLocaleString("en")}`;
  return {
    at(done) {
      if (!isShown || performance.now() - shownAt < everyMs) return;
      shownAt = performance.now();
      process.stderr.write(`\r\u001b[2K${done.toLocaleString("en")}${of} ${what}`);
    },
    [Symbol.dispose]() {
      if (isShown && shownAt > 0) process.stderr.write("\r\u001b[2K");
    },
  };
}
