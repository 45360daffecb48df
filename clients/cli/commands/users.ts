import { UserSummarySchema } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import { connected } from "../connection.ts";
import type { Group } from "../root-command.ts";

const examples = `
Examples:
  aether users find ada
  aether call AuthService/ListUsers '{"pageSize": 100}'     all of them, for operators
`;

export function define(command: Group): void {
  command.description("The users of the platform.").addHelpText("after", examples);

  command
    .command("find <username>")
    .description("Find a user by the exact username, whatever its case.")
    .action((username, _options, self) =>
      connected(self, async ({ auth, output }) => {
        const { user } = await auth.findUser({ username });
        if (user) await output.show(UserSummarySchema, user);
      }),
    );
}
