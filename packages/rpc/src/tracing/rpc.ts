import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { type ClientRule, isGrpc, type Rule, type RuledCall, type ServerRule } from "../call.ts";
import type { OpenSpan, Tracing } from "./open.ts";

type System = "connectrpc" | "grpc";

/** Spans of the calls that a server answers, by the semantic conventions of RPC. */
export function traceServer(tracing: Tracing): ServerRule {
  return traceCalls(isServersFault, ({ method, header }) => {
    const system = isGrpc(header) ? "grpc" : "connectrpc";
    const span = tracing.begin({
      name: nameOf(method),
      kind: "server",
      attributes: { "rpc.system.name": system, "rpc.method": nameOf(method) },
      header,
    });
    return { span, system };
  });
}

/** Spans of calls to the server at `url`, which learns of the trace. */
export function traceClient(tracing: Tracing, url: string): ClientRule {
  const { hostname, port } = new URL(url);
  return traceCalls(
    () => true,
    ({ method, setHeader }) => {
      const span = tracing.begin({
        name: nameOf(method),
        kind: "client",
        attributes: {
          "rpc.system.name": "connectrpc",
          "rpc.method": nameOf(method),
          "server.address": hostname,
          "server.port": Number(port || 80),
        },
      });
      span.inject(setHeader);
      return { span, system: "connectrpc" };
    },
  );
}

function traceCalls<C extends RuledCall>(
  isFailure: (code: Code) => boolean,
  begin: (call: C) => { span: OpenSpan; system: System },
): Rule<C> {
  return async (call, next) => {
    if (isProbe(call.method)) return next();
    const { span, system } = begin(call);
    try {
      const answer = await span.run(next);
      span.end(system === "grpc" ? { "rpc.status_code": "OK" } : {});
      return answer;
    } catch (thrown) {
      const { code } = ConnectError.from(thrown);
      const text = system === "grpc" ? grpcCode(code) : codeToString(code);
      span.end({ "rpc.status_code": text }, isFailure(code) ? text : undefined);
      throw thrown;
    }
  };
}

/** Health checks and the like, of which there are many and which say nothing. */
function isProbe(method: DescMethod): boolean {
  return method.parent.file.proto.package.startsWith("grpc.");
}

function nameOf(method: DescMethod): string {
  return `${method.parent.typeName}/${method.name}`;
}

function grpcCode(code: Code): string {
  return code === Code.Canceled ? "CANCELLED" : codeToString(code).toUpperCase();
}

/** Of the other codes the caller is the cause, and a server's span of them is no failure. */
function isServersFault(code: Code): boolean {
  return (
    code === Code.Unknown ||
    code === Code.DeadlineExceeded ||
    code === Code.Unimplemented ||
    code === Code.Internal ||
    code === Code.Unavailable ||
    code === Code.DataLoss
  );
}
