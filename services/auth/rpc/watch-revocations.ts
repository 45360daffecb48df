import { create } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { budgets } from "#common/budgets.ts";
import { withDeadline } from "#common/deadline.ts";
import {
  EndedSessionSchema,
  type WatchRevocationsRequest,
  type WatchRevocationsResponse,
  WatchRevocationsResponseSchema,
} from "#gen/aetherconnect/auth/v1/auth_pb.ts";
import type { Call } from "#rpc";
import type { AuthContext } from "../context.ts";
import { type FeedPage, readFeed } from "../feed/read-feed.ts";

const { heartbeat, longestRead } = budgets.revocation;

/**
 * Sends what happens from the cursor on. A stream that can't read the database goes on
 * with heartbeats, but never says that it has caught up.
 */
export const watchRevocations = ({
  feedDb,
  followers,
  notices,
  log,
}: Pick<AuthContext, "feedDb" | "followers" | "notices" | "log">) =>
  async function* (
    req: WatchRevocationsRequest,
    { signal }: Pick<Call, "signal">,
  ): AsyncGenerator<WatchRevocationsResponse> {
    let cursor = req.cursor || undefined;
    // One reading at a time: one that hangs must not be joined by four more each second.
    let reading: Promise<{ page: FeedPage | undefined }> | undefined;
    let startedAt = 0;
    let version = 0;
    using follower = followers.join();
    while (!signal.aborted) {
      if (!reading) {
        version = notices.version();
        startedAt = performance.now();
        reading = readFeed(feedDb, cursor).then(
          (page) => ({ page }),
          (err: unknown) => {
            log.debug({ err }, "the revocation feed could not be read");
            return { page: undefined };
          },
        );
      }
      const answer = await withDeadline(reading, heartbeat, () => undefined);
      if (signal.aborted) return;
      if (!answer) {
        yield create(WatchRevocationsResponseSchema, { cursor: cursor ?? "" });
        continue;
      }
      reading = undefined;
      const { page } = answer;
      const isRecent = performance.now() - startedAt < longestRead;
      if (page) {
        cursor = page.cursor;
        yield toResponse(page, isRecent && !page.hasMore);
        if (!page.hasMore) follower.sent(startedAt);
        if (page.hasMore || !isRecent) continue;
      } else {
        yield create(WatchRevocationsResponseSchema, { cursor: cursor ?? "" });
      }
      await notices.changed(version, heartbeat, signal);
    }
  };

function toResponse(page: FeedPage, caughtUp: boolean): WatchRevocationsResponse {
  return create(WatchRevocationsResponseSchema, {
    cursor: page.cursor,
    reset: page.isReset,
    caughtUp,
    endedSessions: page.events.flatMap(({ sessionId, createdAt }) =>
      sessionId === null
        ? []
        : [create(EndedSessionSchema, { sessionId, endedAt: timestampFromDate(createdAt) })],
    ),
    changedUserIds: page.events.flatMap(({ changedUserId }) => changedUserId ?? []),
    renamedUserIds: page.events.flatMap(({ changedUserId, isRenamed }) =>
      isRenamed === false ? [] : (changedUserId ?? []),
    ),
  });
}
