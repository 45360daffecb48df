/**
 * Loaded before a measured server (`node --import`): answers what the process has used, so
 * that servers are measured by themselves, whatever starts them, and unchanged.
 */
process.on("message", async (message) => {
  if (message !== "usage" && message !== "usage after gc") return;
  if (message === "usage after gc") {
    for (let i = 0; i < 4; i++) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ type: "usage", cpuMicros: user + system, rss, heap: heapUsed + external });
});
