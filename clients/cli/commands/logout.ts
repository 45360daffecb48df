import { connected } from "../connection.ts";
import { Failure } from "../failure.ts";
import { writeProfile } from "../profiles.ts";
import type { Group } from "../root-command.ts";

export function define(command: Group): void {
  command
    .description("Ends the session of the profile, and forgets its tokens. The addresses stay.")
    .action((_options, self) =>
      connected(self, async ({ auth, output, profile, profileName }) => {
        const { authUrl, messageUrl, session } = profile;
        if (!session) return output.note(`nobody is signed in (profile ${profileName})`);
        try {
          await auth.logout({});
        } catch (error) {
          // A session that has ended already is what was asked for.
          if (!(error instanceof Failure && error.kind === "refused")) throw error;
        }
        await writeProfile(profileName, { authUrl, messageUrl });
        await output.print(`${session.username} is signed out.`, { username: session.username });
      }),
    );
}
