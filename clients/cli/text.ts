import { stripVTControlCharacters, styleText } from "node:util";
import type { JsonValue } from "@bufbuild/protobuf";
import stringWidth from "string-width";

/**
 * A text of others as one line of a terminal: nothing in it moves the cursor, changes colours or
 * turns the direction of what follows.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\r\n\t\u2028\u2029]+/g, " ")
    .replaceAll(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}

/** JSON in which nothing of others reaches a terminal but as text: it stands there by its number. */
export function jsonText(json: JsonValue, indent?: number): string {
  return JSON.stringify(json, null, indent).replaceAll(
    /[\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (it) => `\\u${it.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function bold(text: string): string {
  return styleText("bold", text);
}

export function dim(text: string): string {
  return styleText("dim", text);
}

export type Row = readonly string[];

/** Columns as wide as their widest cell, headed by their titles. */
export function table(titles: Row, rows: readonly Row[]): string {
  const widths = titles.map((title, i) =>
    Math.max(stringWidth(title), ...rows.map((row) => stringWidth(row[i] ?? ""))),
  );
  const line = (cells: Row) =>
    cells
      .map((cell, i) => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell))))
      .join("  ")
      .trimEnd();
  return [bold(line(titles)), ...rows.map(line)].map((it) => `${it}\n`).join("");
}
