import {
  create,
  type DescMethod,
  type DescMethodUnary,
  fromBinary,
  type Message,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import express, { type Request, type RequestHandler, type Response } from "express";
import { type Head, sendJsonBytes, setHead } from "#common/http/answer.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError, invalid } from "#contract/errors.ts";
import { replaceReason } from "#contract/failures.ts";
import { answerOf, type Success } from "#contract/rest/envelope.ts";
import type { RestRoute } from "#contract/rest/routes.ts";
import { validate } from "#contract/validate.ts";
import { readJson, readPath, readQuery } from "#contract/wire/reader.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import type { CallRaw } from "#rpc";
import { type Admission, type Cookies, type Door, readCookies } from "./admission.ts";
import type { HeadOf } from "./http/middleware.ts";

const maxBodyBytes = 64 * 1024;
// Compressed bodies are refused (415): nothing that clients send is worth a bomb.
const readRaw = express.raw({ type: () => true, limit: maxBodyBytes, inflate: false });
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A REST request on its way to a method. */
export interface RestCall {
  req: Request;
  cookies: Cookies;
  /** Says more in the answer's head, whatever the answer will be. */
  say: (head: Head) => void;
  /** Calls the method; what it fails with is an AppError. */
  send: (input: Message) => Promise<Uint8Array>;
}

/** Code for a method whose answer depends on more than the contract can say. */
export interface RouteHook {
  /** `ignored` where a user must get in or out whatever cookies their browser has. */
  ambiguousCookies?: "ignored";
  /** In the place of a plain `send`; answers the response that the envelope is made of. */
  handle: (call: RestCall, input: Message) => Promise<Uint8Array>;
  /** Runs before a caller without a valid access token is refused. */
  onRefused?: (call: Omit<RestCall, "send">, refusal: AppError) => Promise<void>;
}

export interface TranscodeOptions {
  call: Call;
  door: Door;
  headOf: HeadOf;
  hook: RouteHook | undefined;
}

/**
 * Serves a method by its REST route. In this order: rate, authentication, body,
 * validation, the call.
 */
export function transcode(route: RestRoute, options: TranscodeOptions): RequestHandler {
  const { method, access, template } = route;
  const { call, door, headOf, hook } = options;
  if (!isUnary(method)) throw new Error(`${method.name} is not unary`);
  const answer = answerOf(route);
  const readInput = inputReader(route);
  const needsUser = access !== Access.ANYONE;
  // What is for one user is for no cache, whether or not it is a secret.
  const mayBeCached = !needsUser && !route.rest.noStore;
  const usual = mayBeCached ? [] : ["cache-control", "no-store"];

  const serve = async (
    req: Request,
    res: Response,
    head: string[],
  ): Promise<Success<Uint8Array>> => {
    const cookies = readCookies(req, hook?.ambiguousCookies ?? "refused");
    const say = (more: Head) => void head.push(...more);
    const admission = await door.admit(req, cookies, needsUser);
    if (needsUser && "refusal" in admission) {
      await hook?.onRefused?.({ req, cookies, say }, admission.refusal);
      throw admission.refusal;
    }
    try {
      const input = await readInput(req, res);
      const headers = needsUser ? userHeaders(admission) : door.clientHeaders(req);
      const send = (message: Message) => call(method, message, headers);
      return answer(
        hook ? await hook.handle({ req, cookies, say, send }, input) : await send(input),
      );
    } catch (thrown) {
      throw thrown instanceof AppError ? replaceReason(method, thrown) : thrown;
    }
  };
  return async function serveRoute(req, res) {
    res.locals.route = template;
    const head = [...usual];
    try {
      const { status, body } = await serve(req, res, head);
      sendJsonBytes(res, status, body, [...headOf(req), ...head]);
    } catch (thrown) {
      setHead(res, head);
      throw thrown;
    }
  };
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

/** Calls a method. What it answers is the response as it came over the wire. @throws AppError */
export type Call = (
  method: DescMethodUnary,
  input: Message,
  headers: Readonly<Record<string, string>>,
) => Promise<Uint8Array>;

/**
 * @param markEnded learns which sessions have ended by a call, before the feed brings them: every
 *   response that has `ended_session_ids` says it
 */
export function createCall(
  callRaw: CallRaw,
  markEnded: (sessionIds: readonly string[]) => void,
): Call {
  return async (method, input, headers) => {
    try {
      const response = await callRaw(method, input, { headers });
      const field = method.output.fields.find((it) => it.name === "ended_session_ids");
      if (field?.fieldKind === "list") {
        const message = reflect(method.output, fromBinary(method.output, response));
        const ids: Iterable<unknown> = message.get(field);
        markEnded([...ids].filter((id) => typeof id === "string"));
      }
      return response;
    } catch (thrown) {
      throw fromConnectError(thrown);
    }
  };
}

function userHeaders(admission: Admission): Record<string, string> {
  if ("refusal" in admission) throw admission.refusal;
  return { authorization: `Bearer ${admission.accessToken}` };
}

/** How the request of a route is read and held against the contract. @throws AppError */
function inputReader(
  route: RestRoute,
): (req: Request, res: Response) => Message | Promise<Message> {
  const { method, hasBody, pathFields } = route;
  const { input } = method;
  if (!hasBody && input.fields.length === 0) {
    const empty = create(input);
    return () => empty;
  }
  const readFields = async (req: Request, res: Response) => {
    const given = readPath(pathFields, req.params);
    return hasBody
      ? readJson(input, await readBody(req, res), given)
      : readQuery(input, searchParams(req), given);
  };
  return async (req, res) => {
    const message = await readFields(req, res);
    validate(input, message);
    return message;
  };
}

function searchParams({ url }: Request): URLSearchParams {
  const at = url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : url.slice(at));
}

/**
 * Reads a JSON body; an empty one counts as `{}` whatever its type.
 * @throws AppError PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED
 */
async function readBody(req: Request, res: Response): Promise<unknown> {
  await new Promise<void>((resolve, reject) => {
    readRaw(req, res, (error?: unknown) => (error ? reject(error) : resolve()));
  });
  const body: unknown = req.body;
  if (!Buffer.isBuffer(body) || body.length === 0) return {};
  const type = (req.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/json") throw new AppError("UNSUPPORTED_MEDIA_TYPE");
  try {
    return JSON.parse(utf8.decode(body));
  } catch {
    throw invalid("", "must be JSON");
  }
}
