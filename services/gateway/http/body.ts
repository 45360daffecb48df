import express, { type Request, type Response } from "express";
import { AppError, invalid } from "#contract/errors.ts";

const maxBytes = 64 * 1024;
// Compressed bodies are refused (415): nothing that clients send is worth a bomb.
const readRaw = express.raw({ type: () => true, limit: maxBytes, inflate: false });
const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Reads a JSON body; an empty one counts as `{}` whatever its type.
 * @throws AppError PAYLOAD_TOO_LARGE, UNSUPPORTED_MEDIA_TYPE, VALIDATION_FAILED
 */
export async function readBody(req: Request, res: Response): Promise<unknown> {
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
