import { backUp } from "../backup/back-up.ts";
import { databaseFailure } from "../backup/database.ts";
import { summaryOf } from "../backup/summary.ts";
import { readOperatorTarget } from "../operator/target.ts";
import { createOutput } from "../output.ts";
import type { Group } from "../root-command.ts";

const about = `
Examples:
  aether backup /backups/2026-11-26
  DATABASE_URL=postgres://… aether backup /backups/2026-11-26

All rows of one moment, while the platform goes on; for each table a packed file of PostgreSQL's COPY, and manifest.json with
counts and hashes, which is written last. Each file is read back. Where PostgreSQL is lost in the middle the
backup begins anew when it is back, for it would be of two moments; after a minute and a half it gives up, with exit code 3. The
same command begins one anew that was killed. The folder holds names, addresses, messages and hashes of passwords: it is for
its owner alone, keep it so. SERVICE_SECRET isn't in it, and the signing keys are sealed by it: keep that elsewhere. Where
messages live in MongoDB they are backed up by mongodump, in the same minutes.
`;

export function define(command: Group): void {
  command
    .description("Writes what the platform keeps in PostgreSQL into a folder.")
    .argument("<folder>", "a new or empty one")
    .addHelpText("after", about)
    .action(async (folder, _options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      try {
        const target = readOperatorTarget(process.env);
        const manifest = await backUp(target, folder, output);
        const { text, json } = summaryOf(manifest);
        await output.print(`${folder}: ${text}`, json);
        if (target.mongodbUri !== undefined) {
          process.stderr.write("messages live in MongoDB and are not in it: run mongodump now\n");
        }
      } catch (error) {
        throw databaseFailure(error);
      }
    });
}
