import { type CommitTap, createCommitTap } from "../wire/commit-tap.ts";
import { watchMongo } from "../wire/mongo-watch.ts";
import { watchPostgres } from "../wire/postgres-watch.ts";
import { startTcpProxy, type TcpProxy } from "../wire/tcp-proxy.ts";
import { findFreePort } from "./ports.ts";
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
  const store = new URL(mongoUrl ?? databaseUrl);
  const storeProxy = await startTcpProxy({
    targetHost: store.hostname,
    targetPort: Number(store.port),
    tap: commits.tap,
  });
  store.hostname = "127.0.0.1";
  store.port = `${storeProxy.port}`;
  const [httpPort, rpcPort] = [await findFreePort(), await findFreePort()];
  const child = await options.start({
    DATABASE_URL: mongoUrl === undefined ? store.href : databaseUrl,
    ...(mongoUrl !== undefined && { MONGODB_URI: store.href }),
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
