import { ChatError, unreachable } from "./errors.ts";
import { type Methods, pathStart, routes } from "./gen/contract.ts";

export type MethodName = keyof Methods;
export type RequestOf<M extends MethodName> = Methods[M]["request"];
export type AnswerOf<M extends MethodName> = Methods[M]["answer"];

/** Calls a method by its REST route, once. @throws ChatError */
export type Send = <M extends MethodName>(
  method: M,
  request: RequestOf<M>,
  accessToken?: string,
) => Promise<AnswerOf<M>>;

export interface HttpOptions {
  url: string;
  fetch: typeof fetch;
  /** Whether the browser's cookies say who calls. */
  usesCookies: () => boolean;
}

const timeoutMs = 20_000;

export function createSend({ url, fetch, usesCookies }: HttpOptions): Send {
  return async (method, request, accessToken) => {
    const [verb = "", template = ""] = routes[method].split(" ");
    const rest: Record<string, unknown> = { ...request };
    const path = template.replaceAll(/:(\w+)/g, (_all, name: string) => {
      const value = rest[name];
      delete rest[name];
      return encodeURIComponent(String(value));
    });
    const hasBody = verb[0] === "P";
    const response = await fetch(`${url}${pathStart}${path}${hasBody ? "" : queryOf(rest)}`, {
      method: verb,
      headers: {
        ...(hasBody && { "content-type": "application/json" }),
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      credentials: usesCookies() ? "include" : "omit",
      signal: AbortSignal.timeout(timeoutMs),
      ...(hasBody && { body: JSON.stringify(rest) }),
    }).catch((error: unknown) => {
      throw unreachable(error, url);
    });
    const answer: unknown = await response.json().catch(() => undefined);
    if (response.ok && isAnswer<AnswerOf<typeof method>>(answer)) return answer;
    throw refusal(response, answer);
  };
}

function queryOf(values: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const one of [value].flat()) if (one != null) query.append(name, String(one));
  }
  const text = query.toString();
  return text && `?${text}`;
}

/** The server's answers say whether they are a success; whatever else answers doesn't. */
function isAnswer<A>(answer: unknown): answer is A & { success: boolean } {
  return typeof answer === "object" && answer !== null && "success" in answer;
}

function refusal({ url, status, headers }: Response, body: unknown): ChatError {
  return new ChatError({
    code: status < 500 ? "UNEXPECTED_ANSWER" : "UNREACHABLE",
    message: `HTTP ${status} from ${url}`,
    ...(isAnswer(body) && body),
    status,
    retryAfterSeconds: Number(headers.get("retry-after")) || undefined,
  });
}
