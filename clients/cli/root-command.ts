import { Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import { CONTRACT_VERSION } from "#contract/root.ts";

/** `aether` with the options that each of its commands has. */
export function createRootCommand() {
  return new Command("aether")
    .description("Aetherconnect from the command line: for operators, tooling and scripts.")
    .version(CONTRACT_VERSION, "-V, --version", "print the version of the contract")
    .addOption(
      new Option("--profile <name>", "which profile to use")
        .env("AETHER_PROFILE")
        .default("default"),
    )
    .option("--json", "print one JSON object a line, in the contract's form");
}

export type GlobalOptions = ReturnType<ReturnType<typeof createRootCommand>["opts"]>;

/** A command below the program. */
export type Group = Command<[], Record<never, never>, GlobalOptions>;

/** Makes a program all of whose commands are declared, for who wants to see the whole. */
export type DeclareAll = () => Promise<CommandUnknownOpts>;
