export { type Call, type ClientRule, type Handler, limitTime, type ServerRule } from "./call.ts";
export {
  type CallRaw,
  type CallRawOptions,
  openRpcClient,
  type RpcClient,
  type RpcClientOptions,
} from "./client.ts";
export type { Encoder } from "./codec.ts";
export { Health, HealthCheckResponse_ServingStatus } from "./gen/grpc/health/v1/health_pb.ts";
export { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";
export { type Implementation, implement } from "./implementation.ts";
export {
  currentRequestId,
  requestIdFrom,
  requestIdHeader,
  withoutRequestId,
  withRequestId,
} from "./request-id.ts";
export { createRpcServer, type RpcServer, type RpcServerOptions } from "./server.ts";
export { openTracing, type Tracing } from "./tracing/open.ts";
