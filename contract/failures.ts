import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { ErrorReason } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { Access, fails, reasons } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { accessOf } from "./access.ts";
import { AppError, allErrorCodes, codeOfReason, type ErrorCode } from "./errors.ts";
import type { EventDeclaration } from "./events.ts";
import type { RestRoute } from "./rest/routes.ts";

/** Whatever runs can be overloaded, miss what it stands on, or have a fault of ours. */
const ofEverything: readonly ErrorCode[] = ["BUSY", "UNAVAILABLE", "INTERNAL"];

const ofAccess: ReadonlyMap<Access, readonly ErrorCode[]> = new Map([
  [Access.USER, ["UNAUTHENTICATED", "TOKEN_EXPIRED"]],
  [Access.SERVICE, ["UNAUTHENTICATED", "FORBIDDEN"]],
]);

/** A socket is signed in once, so that no token of an event can have expired. */
const ofEvents: readonly ErrorCode[] = [
  "VALIDATION_FAILED",
  "UNAUTHENTICATED",
  "PAYLOAD_TOO_LARGE",
  "RATE_LIMITED",
];

const known = new WeakMap<DescMethod | EventDeclaration, ReadonlySet<ErrorCode>>();

/**
 * Every code with which a method or an event of clients can fail, in the catalogue's order:
 * what it declares, and what all of its access and form can fail with.
 */
export function failuresOf(declared: DescMethod | EventDeclaration): ReadonlySet<ErrorCode> {
  let failures = known.get(declared);
  if (!failures) {
    failures = inOrder("option" in declared ? ofEvent(declared) : ofMethod(declared));
    known.set(declared, failures);
  }
  return failures;
}

/** Every code with which a REST route can fail: the gateway refuses some before the method. */
export function routeFailures({ method, verb, hasBody }: RestRoute): ReadonlySet<ErrorCode> {
  const codes: ErrorCode[] = [...failuresOf(method), "AMBIGUOUS_CREDENTIALS", "RATE_LIMITED"];
  if (verb !== "get") codes.push("ORIGIN_FORBIDDEN");
  if (hasBody) {
    codes.push("PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE");
    codes.push(replacement(method, "VALIDATION_FAILED"));
  }
  return inOrder(codes);
}

/** Puts the reason that the method declares in the place of one that came up. */
export function replaceReason(method: DescMethod, error: AppError): AppError {
  const code = replacement(method, error.code);
  if (code === error.code) return error;
  return new AppError(code, { faults: error.faults, origin: error.code, cause: error.cause });
}

function ofMethod(method: DescMethod): ErrorCode[] {
  const hasInput = method.input.fields.length > 0;
  const codes: ErrorCode[] = [
    ...ofEverything,
    ...(ofAccess.get(accessOf(method)) ?? []),
    ...(hasInput ? (["VALIDATION_FAILED"] as const) : []),
    ...getOption(method, fails).map(codeOf),
  ];
  return codes.map((code) => replacement(method, code));
}

function ofEvent({ option, method }: EventDeclaration): ErrorCode[] {
  return [
    ...ofEverything,
    ...ofEvents,
    ...(option.mustJoin ? (["NOT_IN_ROOM"] as const) : []),
    ...option.fails.map(codeOf),
    ...(method ? getOption(method, fails).map(codeOf) : []),
  ];
}

function replacement(method: DescMethod, code: ErrorCode): ErrorCode {
  const override = getOption(method, reasons).find((it) => it.from === ErrorReason[code]);
  return override ? codeOfReason(override.to) : code;
}

function codeOf(reason: ErrorReason): ErrorCode {
  if (reason === ErrorReason.UNSPECIFIED) throw new Error("fails names the unspecified reason");
  return codeOfReason(reason);
}

function inOrder(codes: readonly ErrorCode[]): ReadonlySet<ErrorCode> {
  return new Set(allErrorCodes().filter((code) => codes.includes(code)));
}
