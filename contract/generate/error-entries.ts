import { hasOption } from "@bufbuild/protobuf";
import type { Schema } from "@bufbuild/protoplugin";
import { findOption } from "./options.ts";

/** Refuses a reason for failure without a status and a text, before any code can meet it. */
export function requireErrorEntries(schema: Schema): void {
  const entry = findOption(schema.allFiles, "aetherconnect.error.v1.entry");
  for (const file of schema.allFiles) {
    for (const reasons of file.enums) {
      if (reasons.typeName !== "aetherconnect.error.v1.ErrorReason") continue;
      const missing = reasons.values.filter((v) => v.number !== 0 && !hasOption(v, entry));
      if (missing.length > 0) {
        throw new Error(`without (entry): ${missing.map((v) => v.name).join(", ")}`);
      }
    }
  }
}
