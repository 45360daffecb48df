import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { Env } from "#common/settings.ts";
import type { Platform } from "#tools/rig/platform.ts";
import { createAether, type Ended, settingsOf } from "./aether.ts";

interface Finding {
  about: string;
  level: string;
  text: string;
  todo: string | null;
}

interface Examined {
  code: Ended["code"];
  /** All but that the server of the tests doesn't wait for its disk. */
  findings: Finding[];
  problems: Finding[];
  warnings: Finding[];
  lines: Finding[];
}

/** `aether doctor`, with the settings of a platform. */
export interface Examination extends AsyncDisposable {
  /** An empty folder for the data. */
  folder: string;
  settings: Env;
  run: (args: string[]) => Promise<Ended>;
  /** @param env further settings */
  examine: (env?: Env) => Promise<Examined>;
  /** The set-up is broken in this one way, and that is what is found. */
  finds: (env: Env, expected: Record<string, RegExp>) => Promise<Examined>;
}

const attempts = 4;

export async function createExamination(platform: Platform): Promise<Examination> {
  const aether = await createAether(platform);
  const folder = await mkdtemp(join(tmpdir(), "doctor-"));
  const settings: Env = { ...settingsOf(platform), DATA_DIR: folder };
  const run = (args: string[], env: Env = {}) => aether.run(args, { env: { ...settings, ...env } });

  const examine: Examination["examine"] = async (env) => {
    const { code, lines, stderr } = await run(["doctor", "--json"], env);
    const findings = lines.filter((it: Finding) => it.about !== "fsync");
    const of = (level: string) => findings.filter((it) => it.level === level);
    assert.ok(findings.length > 0, stderr);
    for (const it of findings) assert.equal(it.todo === null, it.level === "ok", it.about);
    return { code, findings, lines, problems: of("problem"), warnings: of("warning") };
  };
  return {
    folder,
    settings,
    run,
    examine,
    async finds(env, expected) {
      const abouts = Object.keys(expected).sort();
      const named = (it: Examined) => it.problems.map(({ about }) => about).sort();
      let examined = await examine(env);
      // On a busy machine the platform itself may say for a moment that a part of it is away.
      for (let more = attempts; more > 0 && !isDeepStrictEqual(named(examined), abouts); more--) {
        examined = await examine(env);
      }
      assert.deepEqual(named(examined), abouts);
      const { code, problems } = examined;
      for (const { about, text } of problems) assert.match(text, expected[about] ?? /^$/);
      assert.equal(code, 1);
      return examined;
    },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
      await aether[Symbol.asyncDispose]();
    },
  };
}
