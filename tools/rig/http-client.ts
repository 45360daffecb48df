import assert from "node:assert/strict";
import { CookieJar } from "tough-cookie";
import { noteSecretsIn } from "./log.ts";
import { checkAnswer } from "./openapi-check.ts";

export interface Answer {
  status: number;
  headers: Headers;
  /** Parsed JSON, or undefined where the answer has none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into answers of every shape
  body: any;
  text: string;
  setCookies: string[];
}

export interface RequestOptions {
  body?: unknown;
  /** A body that is sent as it is. */
  raw?: string | Uint8Array<ArrayBuffer>;
  headers?: Record<string, string>;
  /** Neither sends nor keeps cookies. */
  withoutCookies?: boolean;
}

/** A client with a cookie jar. Each answer is held against the document that the gateway serves. */
export interface HttpClient {
  jar: CookieJar;
  request: (method: string, path: string, options?: RequestOptions) => Promise<Answer>;
  get: (path: string, options?: RequestOptions) => Promise<Answer>;
  post: (path: string, body?: unknown, options?: RequestOptions) => Promise<Answer>;
  put: (path: string, body?: unknown, options?: RequestOptions) => Promise<Answer>;
  delete: (path: string, options?: RequestOptions) => Promise<Answer>;
  /** The value of a cookie in the jar. */
  cookie: (name: string) => string | undefined;
}

export function createHttpClient(baseUrl: string): HttpClient {
  const jar = new CookieJar();
  const request: HttpClient["request"] = async (method, path, options = {}) => {
    const url = `${baseUrl}${path}`;
    const cookies = options.withoutCookies ? "" : jar.getCookieStringSync(url);
    const body = options.raw ?? (options.body === undefined ? null : JSON.stringify(options.body));
    const response = await fetch(url, {
      method,
      redirect: "manual",
      headers: {
        ...(body !== null && { "content-type": "application/json" }),
        ...(cookies && { cookie: cookies }),
        ...options.headers,
      },
      body,
    });
    const text = await response.text();
    const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
    const answer: Answer = {
      status: response.status,
      headers: response.headers,
      body: isJson && text ? JSON.parse(text) : undefined,
      text,
      setCookies: response.headers.getSetCookie(),
    };
    noteSecretsIn(options.body, answer.body, answer.setCookies);
    if (!options.withoutCookies) {
      for (const cookie of answer.setCookies) jar.setCookieSync(cookie, url);
    }
    assert.ok(response.headers.get("x-request-id"), "every answer has an X-Request-Id");
    await checkAnswer(baseUrl, method, path, answer);
    return answer;
  };
  return {
    jar,
    request,
    get: (path, options) => request("GET", path, options),
    post: (path, body, options) => request("POST", path, { body: body ?? {}, ...options }),
    put: (path, body, options) => request("PUT", path, { body: body ?? {}, ...options }),
    delete: (path, options) => request("DELETE", path, options),
    cookie: (name) => jar.getCookiesSync(baseUrl).find((it) => it.key === name)?.value,
  };
}
