import type {
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";

/** What a handler may know of a call besides its request; the same for RPC and for socket events. */
export type Call = Pick<HandlerContext, "values" | "signal" | "requestHeader">;

/** Handles a unary method: `Handler<typeof AuthService, "login">`. What it throws is what the caller sees. */
export type Handler<S extends DescService, M extends UnaryMethods<S>> = (
  req: MessageShape<S["method"][M]["input"]>,
  call: Call,
) => Promise<MessageInitShape<S["method"][M]["output"]>>;

type UnaryMethods<S extends DescService> = {
  [M in keyof S["method"]]: S["method"][M] extends DescMethodUnary ? M : never;
}[keyof S["method"]];
