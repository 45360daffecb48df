import { randomBytes } from "node:crypto";
import type { Env } from "#common/settings.ts";
import { findFreePorts } from "./ports.ts";

/** Where a service listens, and all that it must be set to. */
export interface Place {
  httpUrl: string;
  rpcUrl: string;
  env: Env;
}

/** A platform on ports of its own, whatever runs it. */
export interface Layout {
  serviceSecret: string;
  auth: Place;
  messages: [Place, ...Place[]];
  /** Further message instances, of which the gateway isn't told. */
  spares: Place[];
  gateway: { url: string; env: Env };
}

export interface LayoutOptions {
  databaseUrl: string;
  /** Message instances; 1 if not given. */
  instances?: number;
  /** Spare ones beside them; none if not given. */
  spares?: number;
  /** Further settings of every service. */
  env?: Env;
}

/** What else would end a test, a measurement or an attack early. */
export const withoutLimits: Env = {
  RATE_LIMIT_PER_MINUTE: "0",
  AUTH_RATE_LIMIT_PER_MINUTE: "0",
  HANDSHAKES_PER_MINUTE: "0",
  SOCKETS_PER_USER: "0",
  SOCKET_MESSAGES_PER_SECOND: "0",
};

export function newSecret(): string {
  return randomBytes(32).toString("hex");
}

export async function layOut(options: LayoutOptions): Promise<Layout> {
  const { databaseUrl, instances = 1, spares = 0, env } = options;
  const serviceSecret = newSecret();
  const [gatewayPort = 0, authHttp = 0, authRpc = 0, ...ports] = await findFreePorts(
    3 + 2 * (instances + spares),
  );
  const gatewayUrl = urlOf(gatewayPort);
  const authUrl = urlOf(authRpc);
  const common = {
    ...withoutLimits,
    SERVICE_SECRET: serviceSecret,
    API_GATEWAY_PORT: `${gatewayPort}`,
    ...env,
  };
  const placeMessage = (i: number): Place => {
    const [http = 0, rpc = 0] = ports.slice(2 * i);
    return {
      httpUrl: urlOf(http),
      rpcUrl: urlOf(rpc),
      env: {
        ...common,
        DATABASE_URL: databaseUrl,
        AUTH_SERVICE_URL: authUrl,
        MESSAGE_SERVICE_HTTP_PORT: `${http}`,
        MESSAGE_SERVICE_GRPC_PORT: `${rpc}`,
      },
    };
  };
  const others = Array.from({ length: instances - 1 }, (_, i) => placeMessage(i + 1));
  const messages: Layout["messages"] = [placeMessage(0), ...others];
  return {
    serviceSecret,
    auth: {
      httpUrl: urlOf(authHttp),
      rpcUrl: authUrl,
      env: {
        ...common,
        DATABASE_URL: databaseUrl,
        AUTH_SERVICE_HTTP_PORT: `${authHttp}`,
        AUTH_SERVICE_GRPC_PORT: `${authRpc}`,
      },
    },
    messages,
    spares: Array.from({ length: spares }, (_, i) => placeMessage(instances + i)),
    gateway: {
      url: gatewayUrl,
      env: {
        ...common,
        AUTH_SERVICE_URL: authUrl,
        MESSAGE_SERVICE_URLS: messages.map((it) => it.httpUrl).join(","),
        MESSAGE_SERVICE_RPC_URLS: messages.map((it) => it.rpcUrl).join(","),
      },
    },
  };
}

function urlOf(port: number): string {
  return `http://127.0.0.1:${port}`;
}
