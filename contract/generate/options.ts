import type { DescExtension, DescFile, DescMessage, JsonValue } from "@bufbuild/protobuf";
import { createRegistry, getOption, isMessage, toJson } from "@bufbuild/protobuf";

/**
 * Finds an option of the contract in the plugin's own input. It can't come from
 * gen/: that is what is being generated.
 */
export function findOption(files: readonly DescFile[], typeName: string): DescExtension {
  const extension = createRegistry(...files).getExtension(typeName);
  if (!extension) throw new Error(`the contract does not define the option ${typeName}`);
  return extension;
}

/** The value of a message option of ours on a message, as proto3 JSON. */
export function optionToJson(desc: DescMessage, option: DescExtension): JsonValue {
  const value = getOption(desc, option);
  if (!option.message || !isMessage(value, option.message)) {
    throw new Error(`${option.typeName} has to be a message`);
  }
  return toJson(option.message, value);
}
