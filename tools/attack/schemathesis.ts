/**
 * Lets schemathesis (from PyPI) call every route of /openapi.json, signed in, with data of its
 * own making, on a platform of its own:
 *   pip install schemathesis && node tools/attack/schemathesis.ts [--examples=210]
 * SCHEMATHESIS names another command. Ends with 1 at a 5xx or an answer against its schema.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createApiRoom, registerApiUser } from "../rig/api.ts";
import { readFlags } from "../rig/flags.ts";
import { startTarget } from "./target.ts";

const { values } = readFlags({ options: { examples: { type: "string", default: "210" } } });
const checks = [
  "not_a_server_error",
  "status_code_conformance",
  "content_type_conformance",
  "response_schema_conformance",
  "response_headers_conformance",
];

await using target = await startTarget();
const user = await registerApiUser(target.gateway);
const roomId = await createApiRoom(user, "Schemathesis");
// A room that exists, or every route of rooms would only be asked for one that doesn't.
const config = join(target.logs, "schemathesis.toml");
writeFileSync(config, `[parameters]\n"path.roomId" = "${roomId}"\n`);
const run = spawn(
  process.env.SCHEMATHESIS ?? "schemathesis",
  [
    `--config-file=${config}`,
    "run",
    `${target.gateway}/openapi.json`,
    `--header=Authorization: Bearer ${user.accessToken}`,
    `--checks=${checks.join(",")}`,
    `--max-examples=${values.examples}`,
    "--phases=examples,coverage,fuzzing",
    // These would end the session that the others need; the tests have them.
    "--exclude-path-regex=/api/auth/logout",
    "--suppress-health-check=all",
    "--continue-on-failure",
    "--no-shrink",
    "--request-timeout=10",
    "--no-color",
  ],
  // It writes what it has seen into the folder it runs in.
  { stdio: "inherit", cwd: target.logs },
);
const [code] = await once(run, "exit");
process.stdout.write(`processes that ended by themselves: ${target.unexpectedEnds.length}\n`);
process.exitCode = code === 0 && target.unexpectedEnds.length === 0 ? 0 : 1;
