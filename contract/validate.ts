import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type MessageShape,
} from "@bufbuild/protobuf";
import { createValidator } from "@bufbuild/protovalidate";
import { json } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { AppError, type Fault } from "./errors.ts";
import { jsonFault, textFault } from "./wire/json.ts";

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

type Check = (message: object) => Fault | undefined;

const checks = new WeakMap<DescMessage, Check[]>();

/**
 * Holds a message against the contract: its protovalidate rules, our limits of free-form
 * JSON, and text that can't be stored as it came (NUL, lone surrogates). The same at every door.
 * @throws AppError VALIDATION_FAILED with every fault, paths in the names of the JSON form
 */
export function validate<D extends DescMessage>(desc: D, message: MessageShape<D>): void {
  const faults: Fault[] = [];
  for (const check of checksOf(desc)) {
    const fault = check(message);
    if (fault) faults.push(fault);
  }
  const result = validator.validate(desc, message);
  if (result.kind === "error") throw result.error;
  for (const violation of result.violations ?? []) {
    const path = violation.field
      .map((part) => (part.kind === "field" ? part.jsonName : ""))
      .filter(Boolean)
      .join(".");
    // A rule on the whole message has no path; its id names the field to point at.
    faults.push({ path: path || violation.ruleId, message: violation.message });
  }
  if (faults.length > 0) throw new AppError("VALIDATION_FAILED", { faults: onePerPath(faults) });
}

function checksOf(desc: DescMessage): Check[] {
  let found = checks.get(desc);
  if (!found) {
    found = desc.fields.flatMap((field) => fieldChecks(field));
    checks.set(desc, found);
  }
  return found;
}

function fieldChecks(field: DescField): Check[] {
  const { localName, jsonName } = field;
  const check = (faultOf: (value: unknown) => string | undefined): Check => {
    return (message) => {
      const value: unknown = Reflect.get(message, localName);
      const fault = value === undefined ? undefined : faultOf(value);
      return fault ? { path: jsonName, message: fault } : undefined;
    };
  };
  if (field.fieldKind === "message" && field.message.typeName === "google.protobuf.Struct") {
    const { maxBytes, maxDepth } = hasOption(field, json) ? getOption(field, json) : noLimits;
    return [
      check((value) => {
        const fault = jsonFault(value, maxDepth);
        if (fault) return fault;
        const isTooLong = Buffer.byteLength(JSON.stringify(value)) > maxBytes;
        return isTooLong ? `must be at most ${maxBytes} bytes of JSON` : undefined;
      }),
    ];
  }
  return [
    check((value) => {
      if (typeof value === "string") return textFault(value);
      if (Array.isArray(value))
        return value
          .map((it) => (typeof it === "string" ? textFault(it) : undefined))
          .find(Boolean);
      return undefined;
    }),
  ];
}

const noLimits = { maxBytes: 65_536, maxDepth: 100 };

function onePerPath(faults: Fault[]): Fault[] {
  return [
    ...new Map(faults.toReversed().map((fault) => [fault.path, fault])).values(),
  ].toReversed();
}
