/** Loaded into a service under attack, so that its memory can be judged without its garbage. */
process.on("message", (message) => {
  if (message !== "memory") return;
  globalThis.gc?.();
  setTimeout(() => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    process.send?.({ type: "memory", bytes: heapUsed + external });
  }, 200);
});
