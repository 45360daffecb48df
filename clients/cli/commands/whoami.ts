import { UserSchema } from "#gen/aetherconnect/auth/v1/user_pb.ts";
import { connected } from "../connection.ts";
import type { Group } from "../root-command.ts";

export function define(command: Group): void {
  command
    .description("Shows who is signed in, as the platform knows them.")
    .action((_options, self) =>
      connected(self, async ({ auth, output, profile, profileName }) => {
        const { user } = await auth.getProfile({});
        if (user) await output.show(UserSchema, user);
        output.note(`profile ${profileName}: ${profile.authUrl}, ${profile.messageUrl}`);
      }),
    );
}
