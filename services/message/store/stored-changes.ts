import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";
import { ChangeType, type Reaction } from "#gen/aetherconnect/message/v1/message_pb.ts";
import type { MessageChange } from "./store.ts";
import type { StoredMessage } from "./stored.ts";

/** What a message has by its changes, and whom it mentions. */
export type ByChange = Pick<
  StoredMessage,
  | "revision"
  | "editedAt"
  | "deletedAt"
  | "deletedBy"
  | "reactions"
  | "pinnedAt"
  | "pinnedBy"
  | "mentions"
  | "mentionsRoom"
>;

type Mentions = "mentions" | "mentionsRoom";

/** That, and its last change; times are in milliseconds. */
type Stored = {
  [K in Exclude<keyof ByChange, "reactions" | Mentions>]?: Date extends ByChange[K]
    ? number | undefined
    : ByChange[K];
} & Partial<Pick<ByChange, Mentions>> & {
    reactions?: StoredReaction[];
    change?: ChangeType;
    changedBy?: string;
  };

/** An emoji, how many have used it, and the first of them. */
type StoredReaction = [emoji: string, count: number, userIds: string[]];

/**
 * What changes have made of a message, and whom it mentions, is stored as one JSON text: most
 * messages have none, and a page is read by one column more. What messages are found by stands
 * beside it.
 */
export function changesToText({ message, change, userId }: MessageChange): string {
  const { revision, deletedBy, pinnedBy, mentions, mentionsRoom } = message;
  const stored: Stored = {
    revision,
    change,
    changedBy: userId,
    editedAt: toMs(message.editedAt),
    deletedAt: toMs(message.deletedAt),
    deletedBy,
    reactions: message.reactions.map(({ emoji, count, userIds }) => [emoji, count, userIds]),
    pinnedAt: toMs(message.pinnedAt),
    pinnedBy,
    ...(mentions.length > 0 && { mentions }),
    ...(mentionsRoom && { mentionsRoom }),
  };
  return JSON.stringify(stored);
}

/** The text of a message that mentions somebody and hasn't changed. */
export function mentionsToText({ mentions, mentionsRoom }: Pick<ByChange, Mentions>): string {
  const stored: Stored = { revision: 0, mentions, mentionsRoom };
  return JSON.stringify(stored);
}

/** What a message has by its changes, and its last change. */
export function textToChanges(text: string | null | undefined): {
  changes: ByChange;
  change: ChangeType;
  userId: string;
} {
  if (!text) return none;
  const stored: unknown = JSON.parse(text);
  if (!isStored(stored)) throw new Error("stored changes are none");
  const { revision = 0, deletedBy, pinnedBy, reactions = [] } = stored;
  const { mentions = [], mentionsRoom = false } = stored;
  const { change = ChangeType.UNSPECIFIED, changedBy: userId = "" } = stored;
  const changes = {
    revision,
    editedAt: toDate(stored.editedAt),
    deletedAt: toDate(stored.deletedAt),
    deletedBy,
    reactions: reactions.map(toReaction),
    pinnedAt: toDate(stored.pinnedAt),
    pinnedBy,
    mentions,
    mentionsRoom,
  };
  return { changes, change, userId };
}

const none = {
  changes: {
    revision: 0,
    editedAt: undefined,
    deletedAt: undefined,
    deletedBy: undefined,
    reactions: [],
    pinnedAt: undefined,
    pinnedBy: undefined,
    mentions: [],
    mentionsRoom: false,
  },
  change: ChangeType.UNSPECIFIED,
  userId: "",
};

/** Nobody else writes such a text. */
function isStored(value: unknown): value is Stored {
  return typeof value === "object" && value !== null && "revision" in value;
}

function toReaction([emoji, count, userIds]: StoredReaction): Reaction {
  return { $typeName: "aetherconnect.message.v1.Reaction", emoji, count, userIds };
}

function toMs(time: Timestamp | undefined): number | undefined {
  return time && timestampDate(time).getTime();
}

function toDate(ms: number | undefined): Date | undefined {
  return ms === undefined ? undefined : new Date(ms);
}
