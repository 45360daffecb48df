import type { MessageContext } from "./context.ts";
import { addMember } from "./members/add-member.ts";
import { joinRoom } from "./members/join-room.ts";
import { listMembers } from "./members/list-members.ts";
import { leaveRoom, removeMember } from "./members/remove-member.ts";
import { listMessages } from "./messages/list-messages.ts";
import { sendMessage } from "./messages/send-message.ts";
import { createRoom } from "./rooms/create-room.ts";
import { getRoom, listPublicRooms, listRooms } from "./rooms/list-rooms.ts";

/** The whole API: RPCs, and those socket events whose payload is the request of one. */
export function createMethods(ctx: MessageContext) {
  const { store, users, memberships, messages, typing } = ctx;
  return {
    rooms: {
      listRooms: listRooms(store),
      listPublicRooms: listPublicRooms(store),
      getRoom: getRoom(store),
      createRoom: createRoom(store, memberships),
      joinRoom: joinRoom(ctx),
      leaveRoom: leaveRoom(ctx),
      listMembers: listMembers(store, users),
      addMember: addMember(ctx, ctx, ctx.counters),
      removeMember: removeMember(ctx),
    },
    messages: {
      listMessages: listMessages(store),
      sendMessage: sendMessage(store, users, messages, typing),
    },
  };
}

export type Methods = ReturnType<typeof createMethods>;
