import { Command } from "@commander-js/extra-typings";
import { describeFailure, Failure } from "./failure.ts";
import { createRootCommand, type DeclareAll, type Group } from "./root-command.ts";

/** A command whose options and subcommands are declared when it is first needed. */
interface LazyCommand {
  name: string;
  summary: string;
  load: () => Promise<{ define: (command: Group, declareAll: DeclareAll) => void }>;
}

/** Moderation (contract 1.2: users suspend and roles, reports, audit, admin) belongs here. */
const commands: readonly LazyCommand[] = [
  {
    name: "login",
    summary: "sign in, and keep the session in a profile",
    load: () => import("./commands/login.ts"),
  },
  {
    name: "logout",
    summary: "end the session of the profile",
    load: () => import("./commands/logout.ts"),
  },
  {
    name: "whoami",
    summary: "show who is signed in, and where",
    load: () => import("./commands/whoami.ts"),
  },
  {
    name: "profiles",
    summary: "the platforms and users that this tool knows",
    load: () => import("./commands/profiles.ts"),
  },
  {
    name: "rooms",
    summary: "list, create, show, join and leave rooms",
    load: () => import("./commands/rooms.ts"),
  },
  {
    name: "messages",
    summary: "read, follow, send, search, export and import messages",
    load: () => import("./commands/messages.ts"),
  },
  {
    name: "sessions",
    summary: "one's own sessions, and their end",
    load: () => import("./commands/sessions.ts"),
  },
  {
    name: "users",
    summary: "find users",
    load: () => import("./commands/users.ts"),
  },
  {
    name: "keys",
    summary: "the keys that sign tokens, for operators",
    load: () => import("./commands/keys.ts"),
  },
  {
    name: "call",
    summary: "call any method of the contract",
    load: () => import("./commands/call.ts"),
  },
  {
    name: "describe",
    summary: "what a method takes, answers and fails with",
    load: () => import("./commands/describe.ts"),
  },
  {
    name: "events",
    summary: "the events of sockets, and what they carry",
    load: () => import("./commands/events.ts"),
  },
  {
    name: "doctor",
    summary: "find what is wrong with the platform of this machine",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "backup",
    summary: "write what the platform keeps in PostgreSQL into a folder",
    load: () => import("./commands/backup.ts"),
  },
  {
    name: "restore",
    summary: "fill an empty database with a backup",
    load: () => import("./commands/restore.ts"),
  },
  {
    name: "bench",
    summary: "measure what the platform can do here",
    load: () => import("./commands/bench.ts"),
  },
  {
    name: "completion",
    summary: "what completes commands in bash, zsh and fish",
    load: () => import("./commands/completion.ts"),
  },
];

const examples = `
Examples:
  aether login ada@example.com         asks for the password, and signs in
  aether rooms list                    the rooms that one is in
  aether messages send <room> "Hello"
  aether messages tail <room>          goes on until Ctrl-C
  aether describe RoomService/CreateRoom
  aether call RoomService/CreateRoom '{"name": "kitchen"}'
  aether rooms list --json | jq -r .id one object a line, for programs

Exit codes: 0 done, 1 refused, 2 used wrongly, 3 not reachable.
`;

/** The whole command line; what a command needs is loaded when it is called. */
export function createProgram() {
  const program = createRootCommand()
    .helpCommand(false)
    .addHelpText("after", examples)
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  program.configureOutput({
    outputError: (text, print) => print(program.opts().json ? usageJson(text) : text),
  });
  const byName = new Map(commands.map((it) => [it.name, it]));
  for (const { name, summary } of commands) program.command(name).summary(summary);
  program
    .command("help [command...]")
    .summary("explain a command")
    .action(async (names) => {
      // Commander's own would explain what hasn't been declared yet.
      await createProgram().parseAsync([...names, "--help"], { from: "user" });
    });
  program.hook("preSubcommand", async (_, command) => {
    await declare(command, byName.get(command.name()));
  });
  return program;
}

/** What Commander says of wrong usage, as any failure stands there for programs. */
function usageJson(text: string): string {
  const [message = "", ...hints] = text.trim().split("\n");
  const details = hints.length > 0 ? { hint: hints.join(" ") } : {};
  return describeFailure(new Failure("usage", message.replace(/^error: /, ""), details), true);
}

const declareAll: DeclareAll = async () => {
  const program = createProgram();
  for (const lazy of commands) {
    const command = program.commands.find((it) => it.name() === lazy.name);
    await declare(command, lazy);
  }
  return program;
};

async function declare(command: unknown, lazy: LazyCommand | undefined): Promise<void> {
  if (!(command instanceof Command) || !lazy) return;
  (await lazy.load()).define(command, declareAll);
}
