import type { DescService } from "@bufbuild/protobuf";
import type { ConnectRouter, HandlerContext, ServiceImpl } from "@connectrpc/connect";
import type { Call, Handlers } from "./call.ts";

/** A service with its handlers. */
export interface Implementation {
  service: DescService;
  /** By the local names of the methods; a method without one is unimplemented. */
  handlers: object;
}

/** Pairs a service with its handlers; one that is missing doesn't compile. */
export function implement<S extends DescService>(
  service: S,
  handlers: Handlers<S>,
): Implementation {
  return { service, handlers };
}

/** Gives Connect's router a service. */
export function addTo(router: ConnectRouter, { service, handlers }: Implementation): void {
  const adapted: Partial<ServiceImpl<DescService>> = {};
  for (const { localName } of service.methods) {
    const handle: unknown = Reflect.get(handlers, localName);
    if (typeof handle !== "function") continue;
    Reflect.set(adapted, localName, (req: unknown, context: HandlerContext) =>
      handle.call(handlers, req, callOf(context)),
    );
  }
  router.service(service, adapted);
}

function callOf({ values, signal, requestHeader }: HandlerContext): Call {
  return { values, signal, header: (name) => requestHeader.get(name) ?? undefined };
}
