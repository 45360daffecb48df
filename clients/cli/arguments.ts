import { InvalidArgumentError } from "@commander-js/extra-typings";

/** Reads an option that is a whole number from 0 to what the contract can say. */
export function wholeNumber(text: string): number {
  const read = Number(text);
  if (/^\d+$/.test(text) && read <= 0xffff_ffff) return read;
  throw new InvalidArgumentError("It must be a whole number.");
}

/** Reads an option that is a time, such as `2026-11-26` or `2026-11-26T12:00:00Z`. */
export function time(text: string): Date {
  const read = new Date(text);
  if (/^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(read.getTime())) return read;
  throw new InvalidArgumentError("It must be a time such as 2026-11-26T12:00:00Z.");
}
