import type { DescMethod, DescService } from "@bufbuild/protobuf";
import { services } from "#gen/contents.ts";
import { Failure } from "./failure.ts";

/** A service by its name, with or without its package. @throws Failure */
export function findService(name: string): DescService {
  const all: readonly DescService[] = services;
  const found = all.find((it) => it.name === name || it.typeName === name);
  if (found) return found;
  throw new Failure("usage", `the contract has no service ${name}`, {
    hint: `it has ${all.map((it) => it.name).join(", ")}`,
  });
}

/** A method by `Service/Method`, `Service.Method` or the path of its calls. @throws Failure */
export function findMethod(name: string): DescMethod {
  const [, service = "", method = ""] = /^\/?(.*?)[/.]([^/.]*)$/.exec(name) ?? [];
  const { methods, ...found } = findService(service || name);
  const it = methods.find((one) => [one.name, one.localName].includes(method));
  if (it) return it;
  throw new Failure("usage", `${found.name} has no method ${method || "by that name"}`, {
    hint: `it has ${methods.map((one) => one.name).join(", ")}`,
  });
}
