import { createTestMongo, withoutMongo } from "#tools/rig/mongo.ts";
import { startPlatform } from "#tools/rig/platform.ts";
import { injectionSuite } from "./injection-suite.ts";

injectionSuite("PostgreSQL", false, async () => {
  const platform = await startPlatform();
  return { platform, [Symbol.asyncDispose]: () => platform[Symbol.asyncDispose]() };
});

injectionSuite("MongoDB", withoutMongo, async () => {
  await using stack = new AsyncDisposableStack();
  const mongo = stack.use(await createTestMongo());
  const message = { mongodbUri: mongo.uri, databaseUrl: undefined };
  const platform = stack.use(await startPlatform({ message }));
  const held = stack.move();
  return { platform, [Symbol.asyncDispose]: () => held.disposeAsync() };
});
