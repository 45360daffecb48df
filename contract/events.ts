import {
  createRegistry,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescMethodUnary,
  getOption,
  hasOption,
} from "@bufbuild/protobuf";
import { Access, Direction, type Event, event } from "#gen/aetherconnect/options/v1/options_pb.ts";

/** What the contract declares of a Socket.IO event. */
export interface EventDeclaration {
  name: string;
  /** Whether clients send it. */
  toServer: boolean;
  option: Event;
  payload: DescMessage;
  ack: DescMessage | undefined;
  /** The method whose request is the payload and whose response is the acknowledgement. */
  method: DescMethodUnary | undefined;
}

/**
 * Reads the events that files, and what they import, declare.
 * @throws Error where a declaration contradicts itself
 */
export function readEvents(roots: readonly DescFile[]): EventDeclaration[] {
  const files = withImports(roots);
  const registry = createRegistry(...files);
  const methods = files.flatMap((file) => file.services).flatMap((service) => service.methods);
  return files
    .flatMap((file) => file.messages)
    .filter((payload) => hasOption(payload, event))
    .map((payload) => {
      const option = getOption(payload, event);
      const { name, direction, access, ack: ackName, mustJoin } = option;
      const refuse = (fault: string) => new Error(`${payload.typeName}: ${fault}`);
      if (name === "") throw refuse("an event needs a name");
      if (direction === Direction.UNSPECIFIED) throw refuse("an event needs a direction");
      const toServer = direction === Direction.TO_SERVER;
      if (access === Access.UNSPECIFIED) throw refuse("an event needs an access");
      // A socket is always a user's.
      if (toServer && access !== Access.USER) throw refuse("clients send events as users alone");
      const ack = ackName ? registry.getMessage(ackName) : undefined;
      if (ackName && !ack) throw refuse(`no such ack ${ackName}`);
      const hasRoom = payload.fields.some((field) => field.name === "room_id");
      if (mustJoin && !hasRoom) throw refuse("must_join needs a field room_id");
      const serving = methods
        .filter(isUnary)
        .filter((it) => it.input === payload && it.output === ack);
      if (serving.length > 1) throw refuse("more than one method could serve the event");
      return {
        name,
        toServer,
        option,
        payload,
        ack,
        method: serving[0],
      };
    });
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** Files and what they import, each after its imports. */
function withImports(roots: readonly DescFile[]): DescFile[] {
  const files = new Set<DescFile>();
  const visit = (file: DescFile) => {
    if (files.has(file)) return;
    file.dependencies.forEach(visit);
    files.add(file);
  };
  roots.forEach(visit);
  return [...files];
}
