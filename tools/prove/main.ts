/** `npm run prove`: shows on a platform that is being broken that no message is lost. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { help, type ProveOptions, parseOptions, UsageError } from "./options.ts";
import { reportOf } from "./report.ts";
import { prove } from "./run.ts";

const say = (line: string) => void process.stdout.write(`${line}\n`);

process.exit(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  let options: ProveOptions | "help";
  try {
    options = parseOptions(args);
    if (options !== "help" && options.store === "mongo" && !process.env.MONGODB_URI) {
      throw new UsageError("--store mongo needs MONGODB_URI");
    }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return 2;
  }
  if (options === "help") {
    process.stdout.write(help);
    return 0;
  }
  return run(options);
}

async function run(options: ProveOptions): Promise<number> {
  const dataDir = mkdtempSync(join(tmpdir(), "aetherconnect-prove-"));
  say(`seed ${options.seed}, data and logs in ${dataDir}`);
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"]) process.on(name, () => stop.abort());
  let isGood = false;
  try {
    const result = await prove(options, dataDir, say, stop.signal);
    say(`\n${reportOf(result)}`);
    if (options.jsonFile !== undefined) {
      writeFileSync(options.jsonFile, `${JSON.stringify({ options, ...result }, null, 2)}\n`);
    }
    isGood = result.verdict.isGood;
  } catch (error) {
    say(`the run came to no end: ${inspect(error)}`);
  } finally {
    if (isGood && !options.keepsData) rmSync(dataDir, { recursive: true, force: true });
    else say(`the data and logs are kept in ${dataDir}; repeat with --seed ${options.seed}`);
  }
  return isGood ? 0 : 1;
}
