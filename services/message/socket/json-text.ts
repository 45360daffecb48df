import type { DescMessage, MessageShape } from "@bufbuild/protobuf";
import { writerOf } from "#contract/wire/writer.ts";

const texts = new WeakMap<object, string>();

/**
 * The JSON text of a message of the contract, written once for all who get it: none is changed
 * after it was made.
 */
export function textOf<D extends DescMessage>(desc: D, message: MessageShape<D>): string {
  let text = texts.get(message);
  if (text === undefined) {
    text = JSON.stringify(writerOf(desc)(message));
    texts.set(message, text);
  }
  return text;
}
