import {
  type DescField,
  type DescMessage,
  getOption,
  isMessage,
  type MessageShape,
  ScalarType,
} from "@bufbuild/protobuf";
import { createValidator, type Violation } from "@bufbuild/protovalidate";
import { emoji } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { AppError, type Fault } from "./errors.ts";
import { emojiRule, toEmoji } from "./wire/emoji.ts";
import { jsonLimitsOf } from "./wire/form.ts";
import { jsonFault, maxFaults, textFault } from "./wire/json.ts";
import { noId } from "./wire/reader.ts";

// The patterns are the contract's own, so RE2's guarantee against slow ones isn't needed,
// and V8's are three times as fast.
const patterns = new Map<string, RegExp>();
const validator = createValidator({
  regexMatch(pattern, text) {
    let compiled = patterns.get(pattern);
    if (!compiled) {
      compiled = new RegExp(pattern.replaceAll(/\\p([A-Z])/g, "\\p{$1}"), "u");
      patterns.set(pattern, compiled);
    }
    return compiled.test(text);
  },
});

/** Adds the faults of a message; `prefix` is where it stands: "", `items[2].`. */
type Check = (message: object, prefix: string, faults: Fault[]) => void;

const checks = new WeakMap<DescMessage, Check[]>();

/**
 * Holds a message against the contract: its protovalidate rules, our limits of free-form
 * JSON, and text that can't be stored as it came (NUL, lone surrogates). The same at every door.
 * @throws AppError VALIDATION_FAILED with every fault, paths in the names of the JSON form
 */
export function validate<D extends DescMessage>(desc: D, message: MessageShape<D>): void {
  const faults: Fault[] = [];
  check(desc, message, "", faults);
  const result = validator.validate(desc, message);
  if (result.kind === "error") throw result.error;
  for (const violation of result.violations ?? []) {
    faults.push({ path: pathOf(violation), message: violation.message });
  }
  if (faults.length > 0) {
    throw new AppError("VALIDATION_FAILED", { faults: onePerPath(faults).slice(0, maxFaults) });
  }
}

function check(desc: DescMessage, message: object, prefix: string, faults: Fault[]): void {
  for (const checkField of checksOf(desc)) checkField(message, prefix, faults);
}

function checksOf(desc: DescMessage): Check[] {
  let found = checks.get(desc);
  if (!found) {
    found = desc.fields.flatMap((field) => fieldCheck(field) ?? []);
    checks.set(desc, found);
  }
  return found;
}

function fieldCheck(field: DescField): Check | undefined {
  const { localName, jsonName } = field;
  const checkValue = valueCheck(field);
  if (!checkValue) return undefined;
  return (message, prefix, faults) => {
    const value: unknown = Reflect.get(message, localName);
    if (value === undefined) return;
    if (field.fieldKind !== "list") checkValue(value, prefix + jsonName, faults);
    else if (Array.isArray(value)) {
      value.forEach((item: unknown, i) => {
        checkValue(item, `${prefix}${jsonName}[${i}]`, faults);
      });
    }
  };
}

/** Numbers, enums and booleans need none. */
function valueCheck(
  field: DescField,
): ((value: unknown, path: string, faults: Fault[]) => void) | undefined {
  const { message } = field;
  if (message?.typeName === "google.protobuf.Struct") {
    const { maxBytes, maxDepth } = jsonLimitsOf(field) ?? noLimits;
    return (value, path, faults) => {
      const fault = jsonFault(value, maxDepth);
      if (fault) faults.push({ path, message: fault });
      else if (Buffer.byteLength(JSON.stringify(value)) > maxBytes) {
        faults.push({ path, message: `must be at most ${maxBytes} bytes of JSON` });
      }
    };
  }
  if (message) {
    return (value, path, faults) => {
      if (isMessage(value, message)) check(message, value, `${path}.`, faults);
    };
  }
  if (field.scalar !== ScalarType.STRING) return undefined;
  const faultOf = getOption(field, emoji) ? emojiFault : textFault;
  return (value, path, faults) => {
    const fault = typeof value === "string" ? faultOf(value) : undefined;
    if (fault) faults.push({ path, message: fault });
  };
}

/** What came by a path and is no emoji has its name: it counts after the room. */
function emojiFault(text: string): string | undefined {
  return text === noId || toEmoji(text) ? undefined : emojiRule;
}

const noLimits = { maxBytes: 65_536, maxDepth: 100 };

/** A rule on a whole message has no field; its id names the one to point at. */
function pathOf({ field, rule, ruleId }: Violation): string {
  let path = "";
  for (const part of field) {
    if (part.kind === "field") path += path ? `.${part.jsonName}` : part.jsonName;
    else if (part.kind === "list_sub") path += `[${part.index}]`;
  }
  // A rule of a field has a place within the field's rules.
  if (rule.length > 0) return path;
  return path ? `${path}.${ruleId}` : ruleId;
}

function onePerPath(faults: Fault[]): Fault[] {
  return [
    ...new Map(faults.toReversed().map((fault) => [fault.path, fault])).values(),
  ].toReversed();
}
