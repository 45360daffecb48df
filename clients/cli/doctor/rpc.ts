import type { DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createServiceTokens } from "#common/tokens/service-token.ts";
import { CONTRACT_VERSION } from "#contract/root.ts";
import { AuthService } from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import { MessageService } from "#gen/aetherconnect/message/v1/message_pb.ts";
import { Health, HealthCheckResponse_ServingStatus, openRpcClient } from "#rpc";
import { callFailure } from "../errors.ts";
import { Failure } from "../failure.ts";
import type { Target } from "../operator/target.ts";
import { type Finding, ok, problem, warning } from "./finding.ts";
import { contractAt } from "./services.ts";

const timeoutMs = 3_000;
const noSession = "00000000-0000-0000-0000-000000000000";

/** Whether each RPC port serves, and whether services would believe who has our secret. */
export function checkRpc(target: Target): Promise<Finding[]>[] {
  const { authRpcUrl, messageRpcUrls } = target;
  return [
    checkPort("auth RPC", authRpcUrl, AuthService, "AUTH_SERVICE_GRPC_PORT, AUTH_SERVICE_URL"),
    checkSecret(target),
    ...messageRpcUrls.map((url, i) => {
      const name = messageRpcUrls.length > 1 ? `message RPC ${i + 1}` : "message RPC";
      const settings = "MESSAGE_SERVICE_GRPC_PORT, MESSAGE_SERVICE_RPC_URLS";
      return checkPort(name, url, MessageService, settings);
    }),
  ];
}

async function checkPort(
  about: string,
  url: string,
  { typeName: service }: DescService,
  settings: string,
): Promise<Finding[]> {
  const rpc = openRpcClient({ url, timeoutMs });
  try {
    const { status } = await createClient(Health, rpc.transport).check({ service });
    return [
      status === HealthCheckResponse_ServingStatus.SERVING
        ? ok(about, `${url} serves`)
        : problem(about, `${url} answers, and isn't ready`, "see what its service says here"),
    ];
  } catch (thrown) {
    if (ConnectError.from(thrown).code === Code.NotFound) {
      return [problem(about, `another service is at ${url}`, `check ${settings}`)];
    }
    const { message } = asFailure(thrown, url);
    return [problem(about, message, `start the platform, or check ${settings}`)];
  } finally {
    rpc.close();
  }
}

async function checkSecret({
  authRpcUrl: url,
  authHttpUrl,
  serviceSecrets,
}: Target): Promise<Finding[]> {
  const about = "service secret";
  if (!serviceSecrets) {
    const todo = "start the platform once, or set SERVICE_SECRET or DATA_DIR to the platform's";
    return [problem(about, "there is none in the environment or in DATA_DIR", todo)];
  }
  const rpc = openRpcClient({ url, timeoutMs });
  try {
    const token = await createServiceTokens("cli", [...serviceSecrets]).issue("auth");
    const headers = { authorization: `Bearer ${token}` };
    const auth = createClient(AuthService, rpc.transport);
    await auth.checkSession({ sessionId: noSession }, { headers });
    return [ok(about, "is the one that the auth service has")];
  } catch (thrown) {
    const { details, message } = asFailure(thrown, url);
    const isRefused = details.code === "FORBIDDEN" || details.code === "UNAUTHENTICATED";
    if (!isRefused) {
      return [problem(about, `can't be tried: ${message}`, "see what is said of auth RPC")];
    }
    // A service of another contract may not know who asks.
    if ((await contractAt(authHttpUrl)) !== CONTRACT_VERSION) {
      const why = "the auth service is of another contract, and refuses this tool";
      return [warning(about, `can't be tried: ${why}`, "see what is said of its contract")];
    }
    return [
      problem(
        about,
        "the auth service doesn't believe it",
        "give all services, and this, the same SERVICE_SECRET (while it is replaced: new,old); clocks that are apart make it look wrong too",
      ),
    ];
  } finally {
    rpc.close();
  }
}

function asFailure(thrown: unknown, url: string): Failure {
  const failure = callFailure(thrown, url);
  return failure instanceof Failure ? failure : new Failure("unreachable", String(thrown));
}
