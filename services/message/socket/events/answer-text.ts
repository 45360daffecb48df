import { clearField, type DescMessage, isMessage, type MessageShape } from "@bufbuild/protobuf";
import { type FieldForm, formOf } from "#contract/wire/form.ts";
import { writerOf } from "#contract/wire/writer.ts";
import { textOf } from "../json-text.ts";

/** Writes acknowledgements of one type as JSON text; afterwards they are empty. */
export type AnswerWriter<D extends DescMessage> = (answer: MessageShape<D>) => string;

/**
 * Clients that come back at once are mostly answered with the same rooms and messages, which are
 * written once for all of them.
 */
export function answerWriterOf<D extends DescMessage>(desc: D): AnswerWriter<D> {
  const { fields } = formOf(desc);
  const write = writerOf(desc);
  return (answer) => {
    const parts = new Map(
      fields.map((field): [string, string | undefined] => [field.name, takePart(answer, field)]),
    );
    const rest = write(answer);
    let text = '{"success":true';
    for (const { name } of fields) {
      const value = parts.get(name) ?? (name in rest ? JSON.stringify(rest[name]) : undefined);
      if (value !== undefined) text += `,"${name}":${value}`;
    }
    return `${text}}`;
  };
}

/** Takes the messages of a field out of an answer, as text; undefined if there is none. */
function takePart(answer: object, { desc: field, local, value: form }: FieldForm) {
  if (form.kind !== "message") return undefined;
  const { desc } = form.form;
  const value: unknown = Reflect.get(answer, local);
  const messages: unknown[] = Array.isArray(value) ? value : [value];
  if (!isMessage(answer) || messages.length === 0) return undefined;
  if (!messages.every((it) => isMessage(it, desc))) return undefined;
  clearField(answer, field);
  const written = messages.map((it) => textOf(desc, it));
  return Array.isArray(value) ? `[${written.join(",")}]` : written[0];
}
