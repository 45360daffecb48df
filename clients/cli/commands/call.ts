import { Readable } from "node:stream";
import type {
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  Message,
} from "@bufbuild/protobuf";
import { AppError } from "#contract/errors.ts";
import { formOf } from "#contract/wire/form.ts";
import { readJson } from "#contract/wire/reader.ts";
import { writerOf } from "#contract/wire/writer.ts";
import { connected } from "../connection.ts";
import { Failure } from "../failure.ts";
import { findMethod } from "../methods.ts";
import { readInput } from "../prompt.ts";
import type { Group } from "../root-command.ts";
import { jsonText, plain } from "../text.ts";

const examples = `
Examples:
  aether call RoomService/CreateRoom '{"name": "kitchen", "roomType": "private"}'
  aether call AuthService/GetProfile
  echo '{"q": "pie"}' | aether call MessageService/SearchMessages -
  aether call AuthService/ListUsers '{"pageSize": 10}'      an operator's: see aether help call

The JSON is the contract's form, as in REST and events: aether describe <method> shows it. Methods that only services may
call are signed with the secret between services, SERVICE_SECRET or what npm start keeps in DATA_DIR. A request with
a password or a token is taken from the input alone (-), for arguments are seen by every user of the machine.
`;

export function define(command: Group): void {
  command
    .description("Calls any method of the contract, and prints what it answers as JSON.")
    .argument("<method>", "such as RoomService/CreateRoom")
    .argument("[json]", "the request; - reads it from the input; empty if not given")
    .addHelpText("after", examples)
    .action(async (name, given, _options, self) => {
      const method = findMethod(name);
      const request = await readRequest(method, given);
      await connected(self, async ({ transportOf, output }) => {
        const write = writerOf(method.output);
        const print = (answer: Message) => {
          const json = write(answer);
          return output.print(jsonText(json, 2), json);
        };
        const transport = transportOf(method);
        if (isUnary(method)) {
          const answer = await transport.unary(method, undefined, undefined, undefined, request);
          return print(answer.message);
        }
        const input = Readable.from([request]);
        if (!isServerStreaming(method)) throw new Failure("usage", "it takes a stream");
        const answers = await transport.stream(method, undefined, 0, undefined, input);
        for await (const answer of answers.message) await print(answer);
      });
    });
}

/** @throws Failure for what isn't a request of this method */
async function readRequest(method: DescMethod, given: string | undefined): Promise<Message> {
  const text = given === "-" ? await readInput() : (given ?? "{}");
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Failure("usage", "the request is no JSON", {
      hint: `got ${plain(text.slice(0, 60))}`,
    });
  }
  const secret = formOf(method.input).fields.find(
    ({ isSecret, name }) => isSecret && given !== "-" && isObject(json) && name in json,
  );
  if (secret) {
    throw new Failure("usage", `${secret.name} is a secret, and arguments are seen by others`, {
      hint: `give the request by the input: aether call ${method.parent.name}/${method.name} - < request.json`,
    });
  }
  try {
    return readJson(method.input, json);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { message, code, faults } = error;
    const hint = `aether describe ${method.parent.name}/${method.name} shows what it takes`;
    throw new Failure("refused", message, { code, faults, hint });
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function isServerStreaming(method: DescMethod): method is DescMethodServerStreaming {
  return method.methodKind === "server_streaming";
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
