import { createContextKey } from "@connectrpc/connect";
import { AppError } from "#contract/errors.ts";
import type { Call } from "#rpc";

/** Who asks, verified; never taken from a field or a plain header. */
export type Caller =
  | { kind: "anyone" }
  | { kind: "user"; userId: string; sessionId: string; expiresAt: number }
  | { kind: "service"; name: string };

/** The client at the far end: the connection's own address, or what a service said of it. */
export interface ClientInfo {
  address: string;
  device: string | undefined;
}

export const callerKey = createContextKey<Caller>({ kind: "anyone" }, { description: "caller" });

export const clientKey = createContextKey<ClientInfo>(
  { address: "unknown", device: undefined },
  { description: "client" },
);

/** Headers in which a service names the client that it acts for. */
export const clientAddressHeader = "x-client-address";
export const clientDeviceHeader = "x-client-device";

/** The signed-in user who asks. @throws AppError UNAUTHENTICATED */
export function requireUser(call: Pick<Call, "values">): Caller & { kind: "user" } {
  const caller = call.values.get(callerKey);
  if (caller.kind !== "user") throw new AppError("UNAUTHENTICATED");
  return caller;
}

/** The client at the far end of a call. */
export function clientOf(call: Pick<Call, "values">): ClientInfo {
  return call.values.get(clientKey);
}
