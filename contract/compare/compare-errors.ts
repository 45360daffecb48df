import { type DescEnum, getOption } from "@bufbuild/protobuf";
import { entry } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { createDiff, type Finding } from "./finding.ts";

/** Compares the catalogue of errors: status, RPC code and text of each reason. */
export function compareErrors(before: DescEnum, after: DescEnum, findings: Finding[]): void {
  for (const value of after.values) {
    const diff = createDiff(`${after.typeName}.${value.name}`, findings);
    const old = before.values.find((it) => it.number === value.number);
    if (!old) {
      diff.add("added", "error", value.localName);
      continue;
    }
    const [was, is] = [getOption(old, entry), getOption(value, entry)];
    diff.value("error status", was.status, is.status);
    diff.value("error code", was.code, is.code);
    diff.value("error text", was.message, is.message);
  }
}
