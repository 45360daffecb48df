import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { accessOf } from "#contract/access.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import { openRpcClient, type RpcClient, type RpcClientOptions } from "#rpc";
import { budgets } from "../budgets.ts";
import type { ServiceName, ServiceTokens } from "../tokens/service-token.ts";

export interface ClientOptions extends RpcClientOptions {
  /** The service at the other end. */
  audience: ServiceName;
  serviceTokens: ServiceTokens;
}

/** Calls another service of ours. Calls without an `Authorization` header carry our service token. */
export function createRpcClient(options: ClientOptions): RpcClient {
  const identified = identify(options.serviceTokens, options.audience);
  return openRpcClient({
    timeoutMs: budgets.answer.serviceCall,
    ...options,
    interceptors: [...(options.interceptors ?? []), identified],
  });
}

/** Sends our service token where the call isn't made for a user. */
function identify(tokens: ServiceTokens, audience: ServiceName): Interceptor {
  return (next) => async (req) => {
    if (req.header.has("authorization")) return next(req);
    req.header.set("authorization", `Bearer ${await tokens.issue(audience)}`);
    return next(req).catch((thrown: unknown) => {
      throw isUnknownService(req.method, thrown)
        ? new ConnectError(unknownService, Code.Unavailable)
        : thrown;
    });
  };
}

const unknownService = "the other service doesn't know this one";

/** The refusal is of this service, not of the user for whom it asks: their request was never judged. */
function isUnknownService(method: DescMethod, thrown: unknown): boolean {
  return (
    accessOf(method) === Access.SERVICE && ConnectError.from(thrown).code === Code.PermissionDenied
  );
}
