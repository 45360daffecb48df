import {
  create,
  type DescMessage,
  fromBinary,
  isMessage,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";

/** Writes what the handler of one method answers: a message, or what one is made of. */
export type Encoder = (answer: object) => Uint8Array;

/** The encoder of a message for which there is no better one. */
export function plainEncoder(desc: DescMessage): Encoder {
  return (answer) => toBinary(desc, isMessage(answer, desc) ? answer : create(desc, { ...answer }));
}

/** @throws ConnectError for what can't be written */
export function write(encode: Encoder, answer: object): Uint8Array {
  try {
    return encode(answer);
  } catch (thrown) {
    throw new ConnectError(`serialize binary: ${messageOf(thrown)}`, Code.Internal);
  }
}

/** @throws ConnectError for what is no such message */
export function parse<D extends DescMessage>(desc: D, bytes: Uint8Array): MessageShape<D> {
  try {
    return fromBinary(desc, bytes);
  } catch (thrown) {
    throw new ConnectError(`parse binary: ${messageOf(thrown)}`, Code.Internal);
  }
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
