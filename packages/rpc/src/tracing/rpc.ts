import type { DescMethod } from "@bufbuild/protobuf";
import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import { followStream } from "../follow-stream.ts";
import type { OpenSpan, Tracing } from "./open.ts";

type System = "connectrpc" | "grpc";

/** Spans of the calls that a server answers, by the semantic conventions of RPC. */
export function traceServer(tracing: Tracing): Interceptor {
  return traceCalls(isServersFault, (req) => {
    const isGrpc = req.header.get("content-type")?.startsWith("application/grpc") ?? false;
    const system = isGrpc ? "grpc" : "connectrpc";
    const span = tracing.begin({
      name: nameOf(req.method),
      kind: "server",
      attributes: { "rpc.system.name": system, "rpc.method": nameOf(req.method) },
      header: (name) => req.header.get(name) ?? undefined,
    });
    return { span, system };
  });
}

/** Spans of calls to the server at `url`, which learns of the trace. */
export function traceClient(tracing: Tracing, url: string): Interceptor {
  const { hostname, port } = new URL(url);
  return traceCalls(
    () => true,
    (req) => {
      const span = tracing.begin({
        name: nameOf(req.method),
        kind: "client",
        attributes: {
          "rpc.system.name": "connectrpc",
          "rpc.method": nameOf(req.method),
          "server.address": hostname,
          "server.port": Number(port || 80),
        },
      });
      span.inject((name, value) => req.header.set(name, value));
      return { span, system: "connectrpc" };
    },
  );
}

type Begin = (req: Parameters<ReturnType<Interceptor>>[0]) => { span: OpenSpan; system: System };

function traceCalls(isFailure: (code: Code) => boolean, begin: Begin): Interceptor {
  return (next) => async (req) => {
    if (isProbe(req.method)) return next(req);
    const { span, system } = begin(req);
    const succeed = () => span.end(system === "grpc" ? { "rpc.status_code": "OK" } : {});
    const fail = (thrown: unknown) => {
      const { code } = ConnectError.from(thrown);
      const text = system === "grpc" ? grpcCode(code) : codeToString(code);
      span.end({ "rpc.status_code": text }, isFailure(code) ? text : undefined);
      return thrown;
    };
    try {
      const res = await span.run(() => next(req));
      if (res.stream) {
        const message = followStream(res.message, { run: span.run, onEnd: succeed, onError: fail });
        return { ...res, message };
      }
      succeed();
      return res;
    } catch (thrown) {
      throw fail(thrown);
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
