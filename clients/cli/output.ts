import { once } from "node:events";
import type { DescEnum, DescMessage, JsonValue, MessageShape } from "@bufbuild/protobuf";
import { writerOf } from "#contract/wire/writer.ts";
import { bold, dim, jsonText, plain, table } from "./text.ts";

/** A column of a table. */
export interface Column<T> {
  title: string;
  of: (item: T) => string | number | undefined;
}

/** What a command answers: on standard output, for people or for programs. */
export interface Output {
  isJson: boolean;
  /** Messages of the contract: a table, or each as an object a line. */
  list: <D extends DescMessage>(
    desc: D,
    items: readonly MessageShape<D>[],
    columns: readonly Column<MessageShape<D>>[],
  ) => Promise<void>;
  /** A message of the contract: a line for each field, or one object. */
  show: <D extends DescMessage>(desc: D, item: MessageShape<D>) => Promise<void>;
  /** What is no message of the contract, for both. */
  print: (text: string, json: JsonValue) => Promise<void>;
  /** For people alone, on the error output, so that it is never taken for an answer. */
  note: (text: string) => void;
}

export function createOutput(isJson: boolean): Output {
  const print: Output["print"] = (text, json) =>
    write(isJson ? `${jsonText(json)}\n` : text.endsWith("\n") ? text : `${text}\n`);
  return {
    isJson,
    print,
    async list(desc, items, columns) {
      if (isJson) {
        const json = writerOf(desc);
        return write(items.map((it) => `${jsonText(json(it))}\n`).join(""));
      }
      const rows = items.map((item) => columns.map(({ of }) => plain(String(of(item) ?? ""))));
      const titles = columns.map(({ title }) => title);
      await write(rows.length > 0 ? table(titles, rows) : "");
      if (rows.length === 0) process.stderr.write("(none)\n");
    },
    show(desc, item) {
      const json = writerOf(desc)(item);
      const names = Object.keys(json).filter((name) => json[name] !== null);
      const width = Math.max(0, ...names.map((name) => name.length));
      const lines = names.map((name) => `${bold(name.padEnd(width))}  ${inLine(json[name])}`);
      return print(lines.join("\n"), json);
    },
    note(text) {
      if (!isJson) process.stderr.write(`${dim(text)}\n`);
    },
  };
}

/** Waits where who reads is slower than we are, so that nothing piles up. */
export async function write(text: string | Uint8Array): Promise<void> {
  if (text.length > 0 && !process.stdout.write(text)) await once(process.stdout, "drain");
}

function inLine(value: JsonValue | undefined): string {
  if (typeof value === "string") return plain(value);
  if (Array.isArray(value) && value.every((it) => typeof it !== "object")) {
    return plain(value.join(", "));
  }
  return plain(JSON.stringify(value));
}

/** A value of an enum by the name that it has in JSON. */
export function enumText(desc: DescEnum, value: number): string {
  return desc.value[value]?.localName.toLowerCase() ?? "";
}

/** A time as people read it, to the second, in UTC like every time of the platform. */
export function timeOf(time: { seconds: bigint } | undefined): string {
  if (!time) return "";
  return new Date(Number(time.seconds) * 1000).toISOString().replace("T", " ").slice(0, 19);
}
