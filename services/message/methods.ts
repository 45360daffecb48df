import { blockUser, unblockUser } from "./blocks/block-user.ts";
import { listBlocks } from "./blocks/list-blocks.ts";
import type { MessageContext } from "./context.ts";
import { addMember } from "./members/add-member.ts";
import { createFindUser } from "./members/find-user.ts";
import { joinRoom } from "./members/join-room.ts";
import { listMembers } from "./members/list-members.ts";
import { leaveRoom, removeMember } from "./members/remove-member.ts";
import { deleteMessage } from "./messages/delete-message.ts";
import { editMessage } from "./messages/edit-message.ts";
import { listMentions } from "./messages/list-mentions.ts";
import { listMessages } from "./messages/list-messages.ts";
import { listPins, pinMessage, unpinMessage } from "./messages/pins.ts";
import { addReaction, listReactions, removeReaction } from "./messages/reactions.ts";
import { sendMessage } from "./messages/send-message.ts";
import { createRoom } from "./rooms/create-room.ts";
import { getRoom, listPublicRooms, listRooms } from "./rooms/list-rooms.ts";
import { openDirectRoom } from "./rooms/open-direct-room.ts";
import { listReads, markRead, markUnread, setNotify } from "./rooms/reads.ts";
import { searchMessages } from "./search/search-messages.ts";

/** The whole API: RPCs, and those socket events whose payload is the request of one. */
export function createMethods(ctx: MessageContext) {
  const { store, users, memberships, blocks } = ctx;
  const findUser = createFindUser(ctx);
  return {
    rooms: {
      listRooms: listRooms(store),
      listPublicRooms: listPublicRooms(store),
      getRoom: getRoom(store),
      createRoom: createRoom(store, memberships),
      openDirectRoom: openDirectRoom(store, memberships, findUser),
      joinRoom: joinRoom(ctx),
      leaveRoom: leaveRoom(ctx),
      listMembers: listMembers(store, users),
      addMember: addMember(ctx, findUser),
      removeMember: removeMember(ctx),
      markRead: markRead(ctx),
      markUnread: markUnread(ctx),
      listReads: listReads(store, blocks),
      setNotify: setNotify(store),
    },
    messages: {
      listMessages: listMessages(store),
      sendMessage: sendMessage(ctx),
      editMessage: editMessage(ctx),
      deleteMessage: deleteMessage(ctx),
      addReaction: addReaction(ctx),
      removeReaction: removeReaction(ctx),
      listReactions: listReactions(store, users),
      pinMessage: pinMessage(ctx),
      unpinMessage: unpinMessage(ctx),
      listPins: listPins(store),
      searchMessages: searchMessages(store),
      listMentions: listMentions(store),
    },
    blocks: {
      blockUser: blockUser(ctx, findUser),
      unblockUser: unblockUser(ctx, findUser),
      listBlocks: listBlocks(store, users),
    },
  };
}

export type Methods = ReturnType<typeof createMethods>;
