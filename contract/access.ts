import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { Access, access } from "#gen/aetherconnect/options/v1/options_pb.ts";

const known = new WeakMap<DescMethod, Access>();

/**
 * Who may call a method. @throws Error for one that doesn't say: the service must not start.
 */
export function accessOf(method: DescMethod): Access {
  let found = known.get(method);
  if (found === undefined) {
    found = readAccess(method);
    known.set(method, found);
  }
  return found;
}

function readAccess(method: DescMethod): Access {
  // The standard gRPC services are not ours to annotate, and open to everybody.
  if (method.parent.file.proto.package.startsWith("grpc.")) return Access.ANYONE;
  const declared = hasOption(method, access) ? getOption(method, access) : Access.UNSPECIFIED;
  if (declared === Access.UNSPECIFIED) {
    throw new Error(`${method.parent.typeName}.${method.name} does not declare (access)`);
  }
  return declared;
}
