import { databaseFailure } from "../backup/database.ts";
import { restore } from "../backup/restore.ts";
import { summaryOf } from "../backup/summary.ts";
import { readOperatorTarget } from "../operator/target.ts";
import { createOutput } from "../output.ts";
import type { Group } from "../root-command.ts";

const about = `
Examples:
  aether restore /backups/2026-11-26
  DATA_DIR=/srv/aetherconnect aether restore /backups/2026-11-26
  DATABASE_URL=postgres://…/empty aether restore /backups/2026-11-26

The services must be stopped, and the database without users and messages. Hashes are compared before anything is touched, and
again with what stands in the database. Broken off, it goes on when it is run again; until it has finished no service
starts on the database. A backup of a newer contract is refused, one of an older release is restored as it was, and
brought up to date by the services' start.
`;

export function define(command: Group): void {
  command
    .description("Fills an empty database with what a backup holds.")
    .argument("<folder>", "that aether backup has written")
    .addHelpText("after", about)
    .action(async (folder, _options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      try {
        const manifest = await restore(readOperatorTarget(process.env), folder, output);
        const { text, json } = summaryOf(manifest);
        await output.print(`restored and read back: ${text}`, json);
      } catch (error) {
        throw databaseFailure(error);
      }
    });
}
