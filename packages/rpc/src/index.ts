export { openRpcClient, type RpcClient, type RpcClientOptions } from "./client.ts";
export { limitTime } from "./deadline.ts";
export { followStream } from "./follow-stream.ts";
export { Health, HealthCheckResponse_ServingStatus } from "./gen/grpc/health/v1/health_pb.ts";
export { ServerReflection } from "./gen/grpc/reflection/v1/reflection_pb.ts";
export type { Call, Handler } from "./handler.ts";
export {
  currentRequestId,
  requestIdFrom,
  requestIdHeader,
  withoutRequestId,
  withRequestId,
} from "./request-id.ts";
export {
  createRpcServer,
  type Implementation,
  implement,
  type RpcServer,
  type RpcServerOptions,
} from "./server.ts";
export { openTracing, type Tracing } from "./tracing/open.ts";
