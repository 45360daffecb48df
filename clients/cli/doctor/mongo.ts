import { createLogger } from "#common/log.ts";
import { type Finding, ok, problem, reasonOf, warning } from "./finding.ts";
import { migrated } from "./migrated.ts";

/** Where messages live if it is named. Its driver is loaded only then. */
export async function checkMongo(uri: string): Promise<Finding[]> {
  const about = "MongoDB";
  const { connectMongo } = await import("#message/store/mongo/connection.ts");
  const { isRefused } = await import("#message/store/mongo/errors.ts");
  const { migrations } = await import("#message/store/mongo/migrations.ts");
  try {
    await using connection = await connectMongo(uri, createLogger("aether", "silent"));
    const { db } = connection;
    const done = await db.migrations.find().select({ _id: 1 }).lean();
    return [
      db.readLevel === "majority"
        ? ok(about, "answers")
        : warning(
            about,
            "is no replica set: one machine has all messages",
            "make it a replica set of three",
          ),
      migrated(
        "collections",
        done.map((it) => String(it._id)),
        Object.keys(migrations),
      ),
    ];
  } catch (error) {
    return [
      isRefused(error)
        ? problem(
            about,
            `refuses the connection (${reasonOf(error)})`,
            "check user and password of MONGODB_URI",
          )
        : problem(about, `can't be reached (${reasonOf(error)})`, "start it, or check MONGODB_URI"),
    ];
  }
}
