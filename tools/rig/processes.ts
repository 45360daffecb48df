import { join } from "node:path";
import type { Env } from "#common/settings.ts";
import { ROOT } from "#contract/root.ts";
import type { Layout } from "./layout.ts";
import { createService, type Service } from "./service.ts";

/** A platform whose services are processes; disposing kills them. */
export interface Processes extends AsyncDisposable {
  auth: Service;
  messages: [Service, ...Service[]];
  gateway: Service;
}

export interface ProcessOptions {
  /** The folder where each service's log goes. */
  logs: string;
  isMeasured?: boolean;
  /** The file that message instances are started by, if not the service's own. */
  messageMain?: string | undefined;
  /** Further settings of each message instance. */
  messageEnvs?: readonly Env[];
  onUnexpectedEnd: (name: string, reason: string) => void;
}

/** Starts the services of a layout, each as a process of its own. */
export async function startProcesses(layout: Layout, options: ProcessOptions): Promise<Processes> {
  await using stack = new AsyncDisposableStack();
  const { NODE_COMPILE_CACHE = join(options.logs, "compile-cache") } = process.env;
  const launch = async (name: string, service: string, env: Env, entry = mainOf(service)) => {
    const started = createService({
      name,
      entry,
      env: { NODE_COMPILE_CACHE, LOG_LEVEL: "warn", ...env },
      logFile: join(options.logs, `${name}.log`),
      ...(options.isMeasured && { isMeasured: true }),
      onUnexpectedEnd: (reason) => options.onUnexpectedEnd(name, reason),
    });
    stack.use(started);
    await started.start();
    return started;
  };
  const launchMessage = (i: number) => {
    const name = layout.messages.length === 1 ? "message" : `message-${i + 1}`;
    const env = { ...layout.messages[i]?.env, ...options.messageEnvs?.[i] };
    return launch(name, "message", env, options.messageMain);
  };
  const auth = await launch("auth", "auth", layout.auth.env);
  const messages: Processes["messages"] = [await launchMessage(0)];
  for (let i = 1; i < layout.messages.length; i++) messages.push(await launchMessage(i));
  const gateway = await launch("gateway", "gateway", layout.gateway.env);
  const held = stack.move();
  return { auth, messages, gateway, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The file that a service is started by. */
export function mainOf(service: string): string {
  return join(ROOT, "services", service, "main.ts");
}
