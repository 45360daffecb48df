/**
 * Runs the tests, or the files given, against a PostgreSQL server of their own.
 * The last line is `N passed, N failed`, with what was skipped and why before it.
 */
import { globSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { startEmbeddedPostgres } from "./platform/postgres/embedded-postgres.ts";

/** Loading the services takes each file half the time, from the second file on. */
const compileCache = join(import.meta.dirname, "../node_modules/.cache/node");
const help = `Usage: npm test [-- <file>…]

Runs all tests, or the files given. What else a test needs is said in the line that names it as
skipped. With FAULT_MINUTES=10 the tests of the client package's faults take ten minutes longer.
`;

const given = process.argv.slice(2);
const flag = given.find((it) => it.startsWith("-"));
if (flag === "--help") {
  process.stdout.write(help);
  process.exit();
}
if (flag !== undefined) {
  process.stderr.write(`there is no flag ${flag}; see --help\n`);
  process.exit(2);
}
const files = given.length > 0 ? given : globSync("tests/**/*.test.ts").sort();
process.exitCode = (await runTests(files)) ? 0 : 1;

async function runTests(files: string[]): Promise<boolean> {
  const { TEST_DATABASE_URL } = process.env;
  if (TEST_DATABASE_URL) return runFiles(files, TEST_DATABASE_URL);
  const dataDir = await mkdtemp(join(tmpdir(), "aetherconnect-test-"));
  try {
    await using postgres = await startEmbeddedPostgres({ dataDir, port: 0, isFast: true });
    return await runFiles(files, postgres.url);
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function runFiles(files: string[], databaseUrl: string): Promise<boolean> {
  const count = { passed: 0, failed: 0, skipped: 0 };
  const skipped: string[] = [];
  const stream = run({
    files,
    concurrency: 2,
    timeout: 120_000 + Number(process.env.FAULT_MINUTES ?? 0) * 60_000,
    // Polling clients leave timers of engine.io behind that would hold a process for half a minute.
    execArgv: ["--test-force-exit", "--require", join(import.meta.dirname, "blocking-stdout.cjs")],
    env: { NODE_COMPILE_CACHE: compileCache, ...process.env, TEST_DATABASE_URL: databaseUrl },
  });
  stream.on("test:pass", ({ name, skip, details }) => {
    if (details.type === "suite") return;
    if (skip === undefined || skip === false) {
      count.passed++;
      return;
    }
    count.skipped++;
    skipped.push(`skipped: ${name} (${typeof skip === "string" ? skip : "no reason given"})`);
  });
  stream.on("test:fail", ({ details }) => {
    if (details.type !== "suite") count.failed++;
  });
  for await (const text of stream.compose(new spec())) process.stdout.write(String(text));
  for (const line of skipped) process.stdout.write(`${line}\n`);
  const rest = count.skipped > 0 ? `, ${count.skipped} skipped` : "";
  process.stdout.write(`${count.passed} passed, ${count.failed} failed${rest}\n`);
  return count.failed === 0 && count.passed > 0;
}
