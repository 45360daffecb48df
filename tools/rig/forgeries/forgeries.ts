import { claims, headers, payloads } from "./contents.ts";
import type { Material } from "./parts.ts";
import { algorithms, shapes } from "./signatures.ts";

/** Tokens that no door may take, by what is wrong with each. */
export function forgeries(material: Material): Map<string, string> {
  return new Map([
    ...Object.entries(material.others),
    ...algorithms(material),
    ...headers(material),
    ...claims(material),
    ...payloads(material),
    ...shapes(material),
  ]);
}
