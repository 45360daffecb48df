import { join } from "node:path";
import type { Env } from "#common/settings.ts";
import { ROOT } from "#contract/root.ts";
import type { Layout, Place } from "./layout.ts";
import { createService, type Service } from "./service.ts";

/** A platform whose services are processes; disposing kills them. */
export interface Processes extends AsyncDisposable {
  auth: Service;
  messages: [Service, ...Service[]];
  /** Not started. */
  spares: Service[];
  gateway: Service;
}

export interface ProcessOptions {
  /** The folder where each service's log goes. */
  logs: string;
  isMeasured?: boolean;
  /** The file that message instances are started by, if not the service's own. */
  messageMain?: string | undefined;
  /** Further settings of each message instance, and of each spare one. */
  messageEnvs?: readonly Env[];
  onUnexpectedEnd: (name: string, reason: string) => void;
}

/** Starts the services of a layout, each as a process of its own. */
export async function startProcesses(layout: Layout, options: ProcessOptions): Promise<Processes> {
  await using stack = new AsyncDisposableStack();
  const { NODE_COMPILE_CACHE = join(options.logs, "compile-cache") } = process.env;
  const create = (name: string, service: string, env: Env, entry = mainOf(service)) =>
    stack.use(
      createService({
        name,
        entry,
        env: { NODE_COMPILE_CACHE, LOG_LEVEL: "warn", ...env },
        logFile: join(options.logs, `${name}.log`),
        ...(options.isMeasured && { isMeasured: true }),
        onUnexpectedEnd: (reason) => options.onUnexpectedEnd(name, reason),
      }),
    );
  const places = [...layout.messages, ...layout.spares];
  const createMessage = (place: Place, i: number) => {
    const name = places.length === 1 ? "message" : `message-${i + 1}`;
    const env = { ...place.env, ...options.messageEnvs?.[i] };
    return create(name, "message", env, options.messageMain);
  };
  const [first, ...others] = layout.messages;
  const messages: Processes["messages"] = [
    createMessage(first, 0),
    ...others.map((place, i) => createMessage(place, i + 1)),
  ];
  const spares = layout.spares.map((place, i) => createMessage(place, messages.length + i));
  const auth = create("auth", "auth", layout.auth.env);
  const gateway = create("gateway", "gateway", layout.gateway.env);
  for (const service of [auth, ...messages, gateway]) await service.start();
  const held = stack.move();
  return { auth, messages, spares, gateway, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The file that a service is started by. */
export function mainOf(service: string): string {
  return join(ROOT, "services", service, "main.ts");
}
