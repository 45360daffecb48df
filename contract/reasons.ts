import { type DescMethod, getOption } from "@bufbuild/protobuf";
import { ErrorReason } from "#gen/aetherconnect/error/v1/error_pb.ts";
import { reasons } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { AppError, codeOfReason } from "./errors.ts";

/** Puts the reason that the method declares in the place of one that came up. */
export function replaceReason(method: DescMethod, error: AppError): AppError {
  const override = getOption(method, reasons).find((it) => it.from === ErrorReason[error.code]);
  if (!override) return error;
  return new AppError(codeOfReason(override.to), {
    faults: error.faults,
    origin: error.code,
    cause: error.cause,
  });
}
