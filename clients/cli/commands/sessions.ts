import { SessionSchema } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { connected } from "../connection.ts";
import { timeOf } from "../output.ts";
import type { Group } from "../root-command.ts";

const examples = `
Examples:
  aether sessions list
  aether sessions end <session>
  aether sessions end --all            signs out everywhere, here too
`;

export function define(command: Group): void {
  command
    .description("One's own sessions: each login that has not ended.")
    .addHelpText("after", examples);

  command
    .command("list")
    .description("List the sessions, the most recently used first.")
    .action((_options, self) =>
      connected(self, async ({ auth, output }) => {
        const { sessions } = await auth.listSessions({});
        await output.list(SessionSchema, sessions, [
          { title: "session", of: (it) => it.id },
          { title: "since", of: (it) => timeOf(it.createdAt) },
          { title: "last used", of: (it) => timeOf(it.lastUsedAt) },
          { title: "device", of: (it) => it.device },
          { title: "", of: (it) => (it.current ? "this one" : "") },
        ]);
      }),
    );

  command
    .command("end [session]")
    .description("End a session, or all: its tokens are refused at once.")
    .option("--all", "every session, this one too")
    .action((sessionId, { all }, self) => {
      if ((sessionId === undefined) === !all) self.error("error: name a session, or give --all");
      return connected(self, async ({ auth, output }) => {
        const { endedSessionIds } = all
          ? await auth.logoutAll({})
          : await auth.endSession({ sessionId: sessionId ?? "" });
        await output.print(`${endedSessionIds.length} ended`, { endedSessionIds });
      });
    });
}
