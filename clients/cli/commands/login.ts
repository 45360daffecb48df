import { writerOf } from "#contract/wire/writer.ts";
import { UserSchema } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import { type Connection, connected } from "../connection.ts";
import { serverUrl, writeProfile } from "../profiles.ts";
import { ask, askSecret } from "../prompt.ts";
import type { Group } from "../root-command.ts";
import { plain } from "../text.ts";

const examples = `
Examples:
  aether login ada@example.com
  aether login ada --profile staging --auth-url https://auth.example.com --message-url https://message.example.com
  aether login ada < password.txt
  AETHER_PASSWORD=… aether login ada

The password is asked for without an echo. It is never an argument, which all users of a machine can see: where
there is no terminal it is the first line of the input, or AETHER_PASSWORD. A profile keeps the session's tokens, not
the password, in a file for its owner alone.
`;

export function define(command: Group): void {
  command
    .description("Signs in by email address or username, and keeps the session in the profile.")
    .argument("[user]", "email address or username; asked for if not given")
    .option("--auth-url <url>", "the RPC of the auth service; of this machine if not given")
    .option("--message-url <url>", "the RPC of the message service; of this machine if not given")
    .addHelpText("after", examples)
    .action(async (given, { authUrl, messageUrl }, self) => {
      const moved = {
        ...(authUrl !== undefined && { authUrl: serverUrl(authUrl) }),
        ...(messageUrl !== undefined && { messageUrl: serverUrl(messageUrl) }),
      };
      await connected(self, (connection) => login(connection, given), moved);
    });
}

async function login(connection: Connection, given: string | undefined): Promise<void> {
  const { auth, output, profile, profileName } = connection;
  const name = given ?? (await ask("Email address or username: "));
  const password = await askSecret("Password: ", "AETHER_PASSWORD");
  const { user, tokens } = await auth.login({
    ...(name.includes("@") ? { email: name } : { username: name }),
    password,
  });
  if (!user || !tokens) throw new Error("a login without user or tokens");
  const { id: userId, username } = user;
  const { accessToken, refreshToken } = tokens;
  const { authUrl, messageUrl } = profile;
  const session = { userId, username, accessToken, refreshToken };
  await writeProfile(profileName, { authUrl, messageUrl, session });
  await output.print(
    `Signed in as ${username}, who is ${plain(user.name)} (profile ${profileName}).`,
    writerOf(UserSchema)(user),
  );
}
