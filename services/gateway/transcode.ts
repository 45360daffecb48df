import { type DescMethod, type DescMethodUnary, isMessage, type Message } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import express, { type Request, type RequestHandler, type Response } from "express";
import { sendJson } from "#common/http/error-body.ts";
import { clientAddressHeader, clientDeviceHeader } from "#common/rpc/caller.ts";
import { fromConnectError } from "#common/rpc/errors.ts";
import { AppError, invalid } from "#contract/errors.ts";
import { replaceReason } from "#contract/failures.ts";
import { envelopeOf } from "#contract/rest/envelope.ts";
import type { RestRoute } from "#contract/rest/routes.ts";
import { validate } from "#contract/validate.ts";
import { readJson, readPath, readQuery } from "#contract/wire/reader.ts";
import { Access } from "#gen/aetherconnect/options/v1/options_pb.ts";
import type { Admission, Admit } from "./admission.ts";
import { type CredentialCookies, readCookies } from "./cookies.ts";

const maxBodyBytes = 64 * 1024;
// Compressed bodies are refused (415): nothing that clients send is worth a bomb.
const readRaw = express.raw({ type: () => true, limit: maxBodyBytes, inflate: false });
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** A REST request on its way to a method. */
export interface RestCall {
  req: Request;
  res: Response;
  cookies: CredentialCookies;
  admission: Admission;
  /** Calls the method; what it fails with is an AppError. */
  send: (input: Message) => Promise<Message>;
}

/** Code for a method whose answer depends on more than the contract can say. */
export interface RouteHook {
  /** `ignored` where a user must get in or out whatever cookies their browser has. */
  ambiguousCookies?: "ignored";
  /** In the place of a plain `send`; answers the response that the envelope is made of. */
  handle: (call: RestCall, input: Message) => Promise<Message>;
  /** Runs before a caller without a valid access token is refused. */
  onRefused?: (call: Omit<RestCall, "send">) => Promise<void>;
}

export interface TranscodeOptions {
  transport: Transport;
  admit: Admit;
  hook: RouteHook | undefined;
}

/**
 * Serves a method by its REST route. In this order: rate, authentication, body,
 * validation, the call.
 */
export function transcode(route: RestRoute, options: TranscodeOptions): RequestHandler {
  const { method, access, hasBody, pathFields } = route;
  const envelope = envelopeOf(route);
  return async function serveRoute(req, res) {
    res.locals.route = route.template;
    // What is for one user is for no cache, whether or not it is a secret.
    const isPersonal = access !== Access.ANYONE;
    if (route.rest.noStore || isPersonal) res.setHeader("cache-control", "no-store");
    const cookies = readCookies(req, options.hook?.ambiguousCookies ?? "refused");
    const admission = await options.admit(req, cookies, access !== Access.ANYONE);
    if (access !== Access.ANYONE && admission.refusal) {
      await options.hook?.onRefused?.({ req, res, cookies, admission });
      throw admission.refusal;
    }
    try {
      const given = readPath(pathFields, req.params);
      const input = hasBody
        ? readJson(method.input, await readBody(req, res), given)
        : readQuery(method.input, searchParams(req), given);
      validate(method.input, input);
      const headers = access === Access.ANYONE ? clientHeaders(admission) : userHeaders(admission);
      const send = (message: Message) => callUnary(options.transport, method, message, headers);
      const response = options.hook
        ? await options.hook.handle({ req, res, cookies, admission, send }, input)
        : await send(input);
      const { status, body } = envelope(response);
      sendJson(res, status, body);
    } catch (thrown) {
      throw thrown instanceof AppError ? replaceReason(method, thrown) : thrown;
    }
  };
}

/** Calls a unary method that is known by its descriptor alone; fails with AppErrors. */
export async function callUnary(
  transport: Transport,
  method: DescMethod,
  input: Message,
  headers: Record<string, string>,
): Promise<Message> {
  if (!isUnary(method)) throw new Error(`${method.name} is not unary`);
  try {
    const { message } = await transport.unary(method, undefined, undefined, headers, input);
    if (!isMessage(message)) throw new Error(`${method.name} answered no message`);
    return message;
  } catch (thrown) {
    throw fromConnectError(thrown);
  }
}

function isUnary(method: DescMethod): method is DescMethodUnary {
  return method.methodKind === "unary";
}

function searchParams(req: Request): URLSearchParams {
  const at = req.url.indexOf("?");
  return new URLSearchParams(at < 0 ? "" : req.url.slice(at));
}

function userHeaders({ accessToken }: Admission): Record<string, string> {
  if (!accessToken) throw new AppError("UNAUTHENTICATED");
  return { authorization: `Bearer ${accessToken}` };
}

function clientHeaders({ address, device }: Admission): Record<string, string> {
  return { [clientAddressHeader]: address, ...(device && { [clientDeviceHeader]: device }) };
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
