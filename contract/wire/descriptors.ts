import type { DescEnum, DescField } from "@bufbuild/protobuf";

/** Whether the field tells "unset" from its zero value. */
export function isOptional(field: DescField): boolean {
  return field.proto.proto3Optional || field.oneof !== undefined;
}

/**
 * The names of an enum on the wire: its values without prefix, in lower case
 * (`ROOM_TYPE_PUBLIC` is `"public"`). The zero value has none: it stands for absence.
 */
export function enumNames(desc: DescEnum): Map<number, string> {
  return new Map(
    desc.values.filter((v) => v.number !== 0).map((v) => [v.number, v.localName.toLowerCase()]),
  );
}
