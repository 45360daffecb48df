import { Argument, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { readEvents } from "#contract/events.ts";
import { files, services } from "#gen/contents.ts";
import { type Completion, shells } from "../completion.ts";
import { createOutput } from "../output.ts";
import type { DeclareAll, Group } from "../root-command.ts";

const examples = `
Examples:
  echo 'source <(aether completion bash)' >> ~/.bashrc
  aether completion zsh > "\${fpath[1]}/_aether"
  aether completion fish > ~/.config/fish/completions/aether.fish
`;

export function define(command: Group, declareAll: DeclareAll): void {
  command
    .description("Prints what completes commands, options, methods and events in a shell.")
    .addArgument(new Argument("<shell>", "which shell").choices(["bash", "zsh", "fish"]))
    .addHelpText("after", examples)
    .action(async (shell) => {
      const completions = completionsOf(await declareAll());
      await createOutput(false).print(shells[shell](completions), null);
    });
}

/** What may follow each command, by its path: "", "rooms", "rooms list". */
function completionsOf(program: CommandUnknownOpts): Completion[] {
  const found: Completion[] = [];
  const visit = (command: CommandUnknownOpts, path: string) => {
    const options = [...command.options, ...program.options].flatMap((it) =>
      it.long ? [{ word: it.long, about: it.description }] : [],
    );
    const subcommands = command.commands.map((it) => ({
      word: it.name(),
      about: it.summary() || it.description(),
    }));
    found.push({ path, words: [...subcommands, ...(values[path]?.() ?? [])], options });
    for (const it of command.commands) visit(it, `${path} ${it.name()}`.trim());
  };
  visit(program, "");
  return found;
}

const methods = () =>
  services
    .flatMap((it) => it.methods)
    .map((it) => ({ word: `${it.parent.name}/${it.name}`, about: "" }));

/** Some go both ways. */
const eventNames = () => [...new Set(readEvents(files).map((it) => it.name))];

/** Arguments that the contract knows. */
const values: Record<string, () => { word: string; about: string }[]> = {
  call: methods,
  describe: methods,
  events: () => eventNames().map((word) => ({ word, about: "" })),
  completion: () => Object.keys(shells).map((word) => ({ word, about: "" })),
};
