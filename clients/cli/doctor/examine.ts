import { StartError } from "#common/lifecycle.ts";
import type { Env } from "#common/settings.ts";
import { readTarget, type Target } from "../operator/target.ts";
import { type Finding, ok, problem } from "./finding.ts";
import { checkDataDir, checkOrigins } from "./machine.ts";
import { checkMongo } from "./mongo.ts";
import { checkPostgres } from "./postgres.ts";
import { absence } from "./presence.ts";
import { checkRedis } from "./redis.ts";
import { checkRpc } from "./rpc.ts";
import { checkServices } from "./services.ts";

/** All that can be found out about the platform of these settings, in a fixed order. */
export async function* examine(env: Env): AsyncGenerator<Finding> {
  let target: Target;
  try {
    target = readTarget(env);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    yield problem("settings", error.message, "all settings are in the README, with their defaults");
    return;
  }
  yield ok("settings", target.isProduction ? "can be used, in production" : "can be used");
  const { mongodbUri, redisUrl, isEmbedded } = target;
  const absent = await absence(target);
  const checks = [
    checkDataDir(target),
    ...(absent ? [[absent]] : []),
    ...(absent && isEmbedded ? [] : [checkPostgres(target)]),
    ...(mongodbUri === undefined ? [] : [checkMongo(mongodbUri)]),
    ...(redisUrl === undefined ? [] : [checkRedis(redisUrl)]),
    ...(absent ? [] : [...checkServices(target), ...checkRpc(target)]),
    ...checkOrigins(target),
  ];
  for (const findings of checks) yield* await findings;
}
