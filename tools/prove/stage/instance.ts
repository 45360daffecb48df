import { findFreePorts } from "#tools/rig/ports.ts";
import { startTcpProxy, type TcpProxy } from "#tools/rig/tcp-proxy.ts";
import { type CommitTap, createCommitTap } from "../wire/commit-tap.ts";
import { watchMongo } from "../wire/mongo-watch.ts";
import { watchPostgres } from "../wire/postgres-watch.ts";
import type { ServiceChild } from "./service-child.ts";

/** A message instance, with a proxy of its own between it and the store of its messages. */
export interface Instance {
  name: string;
  httpUrl: string;
  rpcUrl: string;
  child: ServiceChild;
  storeProxy: TcpProxy;
  commits: CommitTap;
}

export interface InstanceOptions {
  name: string;
  databaseUrl: string;
  /** Where messages are stored if not in PostgreSQL. */
  mongoUrl: string | undefined;
  start: (env: NodeJS.ProcessEnv) => Promise<ServiceChild>;
}

export async function startInstance(options: InstanceOptions): Promise<Instance> {
  const { name, databaseUrl, mongoUrl } = options;
  const commits = createCommitTap(mongoUrl === undefined ? watchPostgres : watchMongo);
  const storeProxy = await startTcpProxy(mongoUrl ?? databaseUrl, commits.tap);
  const [httpPort, rpcPort] = await findFreePorts(2);
  const child = await options.start({
    DATABASE_URL: mongoUrl === undefined ? storeProxy.url : databaseUrl,
    ...(mongoUrl !== undefined && { MONGODB_URI: storeProxy.url }),
    MESSAGE_SERVICE_HTTP_PORT: `${httpPort}`,
    MESSAGE_SERVICE_GRPC_PORT: `${rpcPort}`,
  });
  return {
    name,
    httpUrl: `http://127.0.0.1:${httpPort}`,
    rpcUrl: `http://127.0.0.1:${rpcPort}`,
    child,
    storeProxy,
    commits,
  };
}
