import { inspect } from "node:util";
import { CommanderError } from "@commander-js/extra-typings";
import { describeFailure, exitCodes, Failure } from "./failure.ts";
import { createProgram } from "./program.ts";

// Who reads us may have enough: `aether messages history … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : exitCodes.refused);
});
process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  const program = createProgram();
  try {
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (thrown) {
    // Commander has printed what it has to say.
    if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : exitCodes.usage;
    const failure = asFailure(thrown);
    if (failure) {
      process.stderr.write(describeFailure(failure, program.opts().json === true));
      return exitCodes[failure.kind];
    }
    process.stderr.write(`aether has a fault: ${inspect(thrown)}\n`);
    return exitCodes.refused;
  }
}

/** Why it was refused; undefined for a fault of ours. */
function asFailure(thrown: unknown): Failure | undefined {
  if (thrown instanceof Failure) return thrown;
  if (!(thrown instanceof Error)) return undefined;
  // Streams of Connect wrap what their rules throw.
  if (thrown.cause instanceof Failure) return thrown.cause;
  // A file that can't be read, a folder that isn't one, a full disk.
  return "syscall" in thrown ? new Failure("refused", thrown.message) : undefined;
}
