import { isUtf8 } from "node:buffer";
import type { DescMessage } from "@bufbuild/protobuf";
import { type FieldForm, formOf, hasForm, type MessageForm, type ValueForm } from "./form.ts";

/** A member of a JSON object that is made of a message. */
export interface Part {
  /** Its name there. */
  name: string;
  /** The fields that lead to it. */
  path: readonly FieldForm[];
  /** Whether it is left out where it would be null. */
  optional: boolean;
}

/**
 * Writes the bytes of a message as JSON, without making anything of it in between. What it puts
 * comes after `head`, which is the beginning of an object, its first members and no comma.
 * Answers undefined for bytes that are not as our services write them: with fields that this
 * build doesn't know, out of order, or broken. These are for protobuf's own decoder to judge.
 */
export type Rewriter = (bytes: Uint8Array, head: Uint8Array) => Buffer | undefined;

/**
 * Compiles a rewriter; undefined where the message has no wire form, or the parts are in another
 * order than the fields on the wire.
 */
export function rewriterOf(desc: DescMessage, parts: readonly Part[]): Rewriter | undefined {
  if (!hasForm(desc)) return undefined;
  const members = membersOf(formOf(desc), parts);
  if (!members) return undefined;
  const readAll = membersReader(members);
  return (bytes, head) => {
    source = bytes;
    at = 0;
    length = 0;
    hasDeclined = false;
    put(head);
    readAll(bytes.length);
    if (hasDeclined) return undefined;
    reserve(1);
    text[length++] = closingBrace;
    const json = Buffer.allocUnsafe(length);
    text.copy(json, 0, 0, length);
    if (text.length > maxKept) text = Buffer.allocUnsafeSlow(usualSize);
    return json;
  };
}

/** Where the value of a field begins in the bytes of a message; undefined if it isn't there. */
export function findField(bytes: Uint8Array, field: FieldForm): number | undefined {
  source = bytes;
  at = 0;
  hasDeclined = false;
  while (at < bytes.length) {
    const tag = readVarint();
    if (tag >>> 3 === field.desc.number) return at;
    skip(tag & 7, bytes.length);
  }
  return undefined;
}

/** Reads at `at` and writes; `end` is where the message ends that it is part of. */
type Reader = (end: number) => void;

interface Member {
  tag: number;
  /** `,"name":`, or nothing for one that isn't written or whose members stand for it. */
  key: Buffer;
  read: Reader;
  /** What is written where the wire has none, key and all. */
  absent: Buffer;
}

const usualSize = 128 * 1024;
const maxKept = 1024 * 1024;
/** After every message that there can be. */
const beyond = 2 ** 30;

let source: Uint8Array = new Uint8Array();
let at = 0;
let hasDeclined = false;
let text = Buffer.allocUnsafeSlow(usualSize);
let length = 0;

/** Makes every reader that is under way find itself at its end. */
function decline(): undefined {
  hasDeclined = true;
  at = beyond;
}

const nothing = Buffer.alloc(0);
const comma = 0x2c;
const quote = 0x22;
const backslash = 0x5c;
const openingBrace = 0x7b;
const closingBrace = 0x7d;
const openingBracket = 0x5b;
const closingBracket = 0x5d;

function reserve(size: number): void {
  if (length + size <= text.length) return;
  const larger = Buffer.allocUnsafeSlow(Math.max(text.length * 2, length + size));
  text.copy(larger, 0, 0, length);
  text = larger;
}

function put(bytes: Uint8Array): void {
  reserve(bytes.length);
  for (let i = 0; i < bytes.length; i++) text[length + i] = bytes[i] ?? 0;
  length += bytes.length;
}

function putAscii(ascii: string): void {
  reserve(ascii.length);
  for (let i = 0; i < ascii.length; i++) text[length + i] = ascii.charCodeAt(i);
  length += ascii.length;
}

/** @returns a number below 2^53, and declines others */
function readVarint(): number {
  let byte = source[at++] ?? 0;
  if (byte < 0x80) return byte;
  let value = byte & 0x7f;
  for (let scale = 0x80; byte > 0x7f; scale *= 0x80) {
    byte = source[at++] ?? 0;
    value += (byte & 0x7f) * scale;
  }
  if (value > Number.MAX_SAFE_INTEGER) decline();
  return value;
}

/** Reads a length; answers where what has it ends. */
function readEnd(end: number): number {
  const size = readVarint();
  if (at + size <= end) return at + size;
  decline();
  return 0;
}

function skip(wireType: number, end: number): void {
  if (wireType === varint) readVarint();
  else if (wireType === lengthDelimited) at = readEnd(end);
  else if (wireType === fixed64) at += 8;
  else decline();
}

const varint = 0;
const fixed64 = 1;
const lengthDelimited = 2;

/** Undefined where they aren't in the order of the wire. */
function membersOf(form: MessageForm, parts: readonly Part[]): Member[] | undefined {
  const members: Member[] = [];
  const groups = Map.groupBy(parts, ({ path: [first] }) => first);
  for (const field of form.fields.toSorted((a, b) => a.desc.number - b.desc.number)) {
    const member = memberOf(field, groups.get(field) ?? []);
    if (!member) return undefined;
    members.push(member);
  }
  const isInOrder = [...groups.keys()].every((field, i, fields) => {
    const before = fields[i - 1];
    return field && (!before || before.desc.number < field.desc.number);
  });
  return isInOrder ? members : undefined;
}

function memberOf(field: FieldForm, parts: readonly Part[]): Member | undefined {
  const { value } = field;
  const tag = tagOf(field);
  const [part] = parts;
  if (!part) {
    const skipOne: Reader = (end) => skip(tag & 7, end);
    const read = field.isList ? repeat(skipOne, tag) : skipOne;
    return { tag, key: nothing, read, absent: nothing };
  }
  if (part.path.length === 1 && parts.length === 1) {
    const read = field.isList ? listReader(field, tag) : valueReader(value);
    return { tag, key: keyOf(part), read, absent: absentOf(part, zeroOf(field)) };
  }
  if (value.kind !== "message" || field.isList) return undefined;
  const inner = parts.map((it) => ({ ...it, path: it.path.slice(1) }));
  const members = inner.every((it) => it.path.length > 0) && membersOf(value.form, inner);
  if (!members) return undefined;
  const readInner = membersReader(members);
  const read: Reader = (end) => readInner(readEnd(end));
  return {
    tag,
    key: nothing,
    read,
    absent: Buffer.concat(parts.map((it) => absentOf(it, "null"))),
  };
}

function tagOf({ desc, value, isList }: FieldForm): number {
  const isPacked = desc.fieldKind === "list" && desc.packed;
  return desc.number * 8 + (isList && isPacked ? lengthDelimited : wireTypeOf(value));
}

function wireTypeOf({ kind }: ValueForm): number {
  if (kind === "boolean" || kind === "integer" || kind === "enum") return varint;
  return kind === "number" ? fixed64 : lengthDelimited;
}

function keyOf({ name }: Part): Buffer {
  return Buffer.from(`,${JSON.stringify(name)}:`);
}

function absentOf(part: Part, json: string): Buffer {
  return part.optional && json === "null" ? nothing : Buffer.from(`${keyOf(part)}${json}`);
}

/** What a field that isn't on the wire is in JSON. */
function zeroOf({ value: { kind }, isList, hasPresence, unset }: FieldForm): string {
  if (isList) return unset === "nothing" ? "null" : "[]";
  if (hasPresence || kind === "enum") return "null";
  return kind === "string" ? '""' : kind === "boolean" ? "false" : "0";
}

/** Writes each member with a comma before it. */
function membersReader(members: readonly Member[]): Reader {
  return (end) => {
    let next = 0;
    while (at < end) {
      const tag = readVarint();
      let member = members[next++];
      for (; member && member.tag !== tag; member = members[next++]) put(member.absent);
      if (!member) return decline();
      put(member.key);
      member.read(end);
    }
    if (at !== end) return decline();
    for (let i = next; i < members.length; i++) put(members[i]?.absent ?? nothing);
  };
}

/** The reader of a message within another. */
function objectReader(form: MessageForm): Reader {
  const known = objects.get(form);
  if (known) return known;
  let readMembers: Reader = decline;
  const read: Reader = (end) => {
    const first = length;
    readMembers(readEnd(end));
    closeObject(first);
  };
  // In its place before it is complete: a message may contain itself.
  objects.set(form, read);
  const members = membersOf(form, form.fields.map(partOf));
  if (members) readMembers = membersReader(members);
  return read;
}

const objects = new WeakMap<MessageForm, Reader>();

function partOf(field: FieldForm): Part {
  return { name: field.name, path: [field], optional: field.unset === "nothing" };
}

/** The comma before the first member gives way to the brace. */
function closeObject(first: number): void {
  reserve(2);
  if (length === first) length++;
  text[first] = openingBrace;
  text[length++] = closingBrace;
}

function listReader({ desc, value }: FieldForm, tag: number): Reader {
  const readItem = valueReader(value);
  const readItems: Reader =
    desc.fieldKind === "list" && desc.packed
      ? (end) => {
          const last = readEnd(end);
          if (at === last) return decline();
          while (at < last) {
            readItem(last);
            reserve(1);
            text[length++] = comma;
          }
          if (at !== last) decline();
        }
      : repeat((end) => {
          readItem(end);
          reserve(1);
          text[length++] = comma;
        }, tag);
  return (end) => {
    reserve(1);
    text[length++] = openingBracket;
    readItems(end);
    // In the place of the comma after the last item.
    text[length - 1] = closingBracket;
  };
}

/** Reads as long as the same field comes. */
function repeat(readItem: Reader, tag: number): Reader {
  return (end) => {
    for (;;) {
      readItem(end);
      if (at >= end) return;
      const before = at;
      if (readVarint() === tag) continue;
      if (!hasDeclined) at = before;
      return;
    }
  };
}

function valueReader(form: ValueForm): Reader {
  switch (form.kind) {
    case "string":
      return (end) => readText(readEnd(end));
    case "boolean":
      return () => putAscii(readVarint() === 0 ? "false" : "true");
    case "integer":
      return () => {
        const value = readVarint();
        if (value > form.maximum) decline();
        else putAscii(String(value));
      };
    case "number":
      return (end) => readDouble(end);
    case "time":
      return (end) => readTime(readEnd(end));
    case "object":
      return (end) => readStruct(readEnd(end));
    case "enum": {
      const names = [...form.names].reduce<Buffer[]>((list, [number, name]) => {
        list[number] = Buffer.from(JSON.stringify(name));
        return list;
      }, []);
      return () => {
        const name = names[readVarint()];
        if (name) put(name);
        else decline();
      };
    }
    case "message":
      return objectReader(form.form);
  }
}

const escapes = Array.from({ length: backslash + 1 }, (_, byte) =>
  JSON.stringify(String.fromCharCode(byte)).slice(1, -1),
);

/** Copies UTF-8 as it is, but for what JSON must escape. */
function readText(end: number): undefined {
  if (hasDeclined) return;
  reserve((end - at) * 6 + 2);
  const from = source;
  const to = text;
  let next = length;
  let bits = 0;
  to[next++] = quote;
  for (let i = at; i < end; i++) {
    const byte = from[i] ?? 0;
    bits |= byte;
    if (byte >= 0x20 && byte !== quote && byte !== backslash) to[next++] = byte;
    else next += to.write(escapes[byte] ?? "", next, "latin1");
  }
  to[next++] = quote;
  length = next;
  if (bits > 0x7f && !isUtf8(source.subarray(at, end))) return decline();
  at = end;
}

function readDouble(end: number): undefined {
  if (at + 8 > end) return decline();
  const view = new DataView(source.buffer, source.byteOffset + at, 8);
  at += 8;
  const value = view.getFloat64(0, true);
  putAscii(Number.isFinite(value) ? String(value) : "null");
}

const secondsOfDay = 24 * 60 * 60;
/** The last day of the year 9999: later ones have no such text. */
const lastOfAll = 2_932_896;
let lastDay = -1;
let lastDate = "";

/** As the writer's. The date is kept, as most times of an answer are of one day. */
function readTime(end: number): undefined {
  let seconds = 0;
  let nanos = 0;
  while (at < end) {
    const tag = source[at++];
    if (tag === 0x08) seconds = readVarint();
    else if (tag === 0x10) nanos = readVarint();
    else return decline();
  }
  const day = Math.floor(seconds / secondsOfDay);
  if (at !== end || day > lastOfAll || nanos >= 1e9) return decline();
  if (day !== lastDay) {
    lastDate = `"${new Date(seconds * 1000).toISOString().slice(0, 11)}`;
    lastDay = day;
  }
  putAscii(lastDate);
  reserve(14);
  const time = seconds - day * secondsOfDay;
  putTwo(Math.floor(time / 3600), 0x3a);
  putTwo(Math.floor(time / 60) % 60, 0x3a);
  putTwo(time % 60, 0x2e);
  const ms = Math.floor(nanos / 1e6);
  text[length++] = 0x30 + Math.floor(ms / 100);
  putTwo(ms % 100, 0x5a);
  text[length++] = quote;
}

/** Puts two digits and what comes after them. */
function putTwo(value: number, after: number): void {
  text[length++] = 0x30 + Math.floor(value / 10);
  text[length++] = 0x30 + (value % 10);
  text[length++] = after;
}

/** Reads a `google.protobuf.Struct`: entries of a key and a value. */
function readStruct(end: number): undefined {
  const first = length;
  while (at < end) {
    if (source[at++] !== 0x0a) return decline();
    const entryEnd = readEnd(end);
    reserve(2);
    text[length++] = comma;
    if (source[at++] !== 0x0a) return decline();
    readText(readEnd(entryEnd));
    reserve(1);
    text[length++] = 0x3a;
    if (source[at++] !== 0x12) return decline();
    readJson(readEnd(entryEnd));
    if (at !== entryEnd) return decline();
  }
  if (at !== end) return decline();
  closeObject(first);
}

/** Reads a `google.protobuf.Value`. */
function readJson(end: number): void {
  switch (source[at++]) {
    case 0x08:
      putAscii("null");
      if (readVarint() !== 0) decline();
      break;
    case 0x11:
      readDouble(end);
      break;
    case 0x1a:
      readText(readEnd(end));
      break;
    case 0x20:
      putAscii(readVarint() === 0 ? "false" : "true");
      break;
    case 0x2a:
      readStruct(readEnd(end));
      break;
    case 0x32:
      readJsonList(readEnd(end));
      break;
    default:
      decline();
  }
  if (at !== end) decline();
}

function readJsonList(end: number): undefined {
  reserve(2);
  const first = length;
  text[length++] = openingBracket;
  while (at < end) {
    if (source[at++] !== 0x0a) return decline();
    readJson(readEnd(end));
    reserve(1);
    text[length++] = comma;
  }
  if (at !== end) return decline();
  if (length - 1 === first) length++;
  text[length - 1] = closingBracket;
}
