import { SigningKeySchema } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { connected } from "../connection.ts";
import type { Group } from "../root-command.ts";

const examples = `
Examples:
  aether keys list
  SERVICE_SECRET=… aether keys rotate

A key signs the tokens of users. It is replaced by itself each 30 days; rotate it where it may have become known. Only
operators may: see aether help call.
`;

export function define(command: Group): void {
  command.description("The keys that sign the tokens of users.").addHelpText("after", examples);

  command
    .command("list")
    .description("List the public keys of which valid tokens may exist.")
    .action((_options, self) =>
      connected(self, async ({ auth, output }) => {
        const { keys } = await auth.getSigningKeys({});
        await output.list(SigningKeySchema, keys, [
          { title: "key", of: (it) => it.kid },
          { title: "curve", of: (it) => it.crv },
          { title: "public", of: (it) => it.x },
        ]);
      }),
    );

  command
    .command("rotate")
    .description(
      "Make a new key. It signs in a moment; tokens of the old one stay valid to their end.",
    )
    .action((_options, self) =>
      connected(self, async ({ auth, output }) => {
        const { kid } = await auth.rotateSigningKeys({});
        await output.print(`${kid} is published, and signs from some 10 s on.`, { kid });
      }),
    );
}
