import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { type ClientRule, openRpcClient, type RpcClient, type RpcClientOptions } from "#rpc";
import { budgets } from "../budgets.ts";
import type { ServiceName, ServiceTokens } from "../tokens/service-token.ts";

export interface ClientOptions extends RpcClientOptions {
  /** The service at the other end. */
  audience: ServiceName;
  serviceTokens: ServiceTokens;
}

/** Calls another service of ours. Calls without an `Authorization` header carry our service token. */
export function createRpcClient(options: ClientOptions): RpcClient {
  return openRpcClient({
    timeoutMs: budgets.answer.serviceCall,
    ...options,
    rules: [...(options.rules ?? []), identify(options.serviceTokens, options.audience)],
  });
}

/** Sends our service token where the call isn't made for a user. */
function identify(tokens: ServiceTokens, audience: ServiceName): ClientRule {
  return async ({ method, header, setHeader }, next) => {
    if (header("authorization") !== undefined) return next();
    setHeader("authorization", `Bearer ${await tokens.issue(audience)}`);
    try {
      return await next();
    } catch (thrown) {
      if (!isUnknownService(method, thrown)) throw thrown;
      const text = "the other service doesn't know this one";
      throw new ConnectError(text, Code.Unavailable, undefined, undefined, thrown);
    }
  };
}

/** The refusal is of this service, not of the user for whom it asks: their request was never judged. */
function isUnknownService(method: DescMethod, thrown: unknown): boolean {
  return (
    accessOf(method) === Access.SERVICE && ConnectError.from(thrown).code === Code.PermissionDenied
  );
}

/** Whether a call of ours failed as the other service doesn't know this one. */
export function isUnknownThere(error: unknown): boolean {
  return (
    error instanceof ConnectError && ConnectError.from(error.cause).code === Code.PermissionDenied
  );
}
