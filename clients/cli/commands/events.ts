import { type EventDeclaration, readEvents } from "#contract/events.ts";
import { failuresOf } from "#contract/failures.ts";
import { files } from "#gen/contents.ts";
import {
  aboutOf,
  accessText,
  failureLines,
  failuresText,
  fieldLines,
  fieldsOf,
} from "../describe.ts";
import { Failure } from "../failure.ts";
import { createOutput, type Output } from "../output.ts";
import type { Group } from "../root-command.ts";
import { bold, table } from "../text.ts";

export function define(command: Group): void {
  command
    .description("The events of Socket.IO, as the contract declares them. Asks no platform.")
    .argument("[name]", "such as send_message")
    .addHelpText("after", "\nExamples:\n  aether events\n  aether events new_message\n")
    .action(async (name, _options, self) => {
      const output = createOutput(self.optsWithGlobals().json === true);
      const events = readEvents(files);
      if (name === undefined) return list(output, events);
      // Some go both ways.
      const found = events.filter((it) => it.name === name);
      for (const event of found) await describe(output, event);
      if (found.length > 0) return;
      throw new Failure("usage", `the contract has no event ${name}`, {
        hint: `it has ${[...new Set(events.map((it) => it.name))].join(", ")}`,
      });
    });
}

async function list(output: Output, events: readonly EventDeclaration[]): Promise<void> {
  const rows = events.map((event) => ({
    event: event.name,
    direction: directionOf(event),
    about: aboutOf(event.payload.typeName),
  }));
  if (output.isJson) {
    for (const row of rows) await output.print("", row);
    return;
  }
  const cells = rows.map((it) => [it.event, it.direction, it.about]);
  await output.print(table(["event", "direction", ""], cells), null);
}

async function describe(output: Output, event: EventDeclaration): Promise<void> {
  const { name, payload, ack, toServer, option } = event;
  const about = aboutOf(payload.typeName);
  const fields = fieldsOf(payload, toServer ? "in" : "out");
  const answer = ack ? fieldsOf(ack, "out") : [];
  const fails = toServer ? failuresText(failuresOf(event)) : [];
  const text = [
    `${bold(name)}  ${about}\n`,
    `${toServer ? "Sent by" : "Got by"}: ${accessText(option.access)}${option.mustJoin ? ", whose socket has joined the room" : ""}.\n`,
    fieldLines("payload", fields),
    ...(toServer ? [fieldLines("acknowledgement", answer), failureLines(fails)] : []),
  ].join("\n");
  await output.print(text, {
    event: name,
    about,
    direction: directionOf(event),
    mustJoin: option.mustJoin,
    payload: fields,
    acknowledgement: answer,
    fails,
  });
}

function directionOf({ toServer }: EventDeclaration): string {
  return toServer ? "to the server" : "to clients";
}
