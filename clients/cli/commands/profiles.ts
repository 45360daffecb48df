import { createOutput } from "../output.ts";
import { profileNames, readProfile, removeProfile, serverUrl, writeProfile } from "../profiles.ts";
import type { Group } from "../root-command.ts";
import { table } from "../text.ts";

const examples = `
Examples:
  aether profiles list
  aether profiles set --profile staging --auth-url https://auth.example.com --message-url https://message.example.com
  AETHER_PROFILE=staging aether rooms list
`;

export function define(command: Group): void {
  command
    .description(
      "A profile is a platform's addresses and a session there. --profile or AETHER_PROFILE names the one to use; without either it is `default`.",
    )
    .addHelpText("after", examples);

  command
    .command("list")
    .description("List the profiles.")
    .action(async (_options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      const rows: [string, string, string, string][] = [];
      for (const name of await profileNames()) {
        const { session, authUrl, messageUrl } = await readProfile(name);
        rows.push([name, session?.username ?? "", authUrl, messageUrl]);
      }
      if (!output.isJson) return output.print(table(titles, rows), null);
      for (const [name, username, authUrl, messageUrl] of rows) {
        await output.print("", { name, username: username || null, authUrl, messageUrl });
      }
    });

  command
    .command("set")
    .description("Set where the profile's platform is. Its session is forgotten where that moves.")
    .requiredOption("--auth-url <url>", "the RPC of the auth service")
    .requiredOption("--message-url <url>", "the RPC of a message instance")
    .action(async (options, self) => {
      const { profile: name } = self.optsWithGlobals();
      const authUrl = serverUrl(options.authUrl);
      const messageUrl = serverUrl(options.messageUrl);
      const known = await readProfile(name);
      const isSame = known.authUrl === authUrl && known.messageUrl === messageUrl;
      const { session } = known;
      await writeProfile(name, { authUrl, messageUrl, ...(isSame && session && { session }) });
    });

  command
    .command("remove")
    .description("Forget the profile. Its session goes on: aether logout ends it.")
    .action((_options, self) => removeProfile(self.optsWithGlobals().profile));
}

const titles = ["profile", "user", "auth", "message"];
