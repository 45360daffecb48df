/** What a message has, in JSON, that is as it was sent. */
export const unchanged = {
  revision: 0,
  editedAt: null,
  deletedAt: null,
  deletedBy: null,
  reactions: [],
  replyTo: null,
  threadSeq: null,
  replyCount: 0,
  lastReplyAt: null,
  mentions: [],
  mentionsRoom: false,
  pinnedAt: null,
  pinnedBy: null,
};
