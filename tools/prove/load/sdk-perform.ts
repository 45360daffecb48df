import { ChatError } from "#sdk";
import type { Act } from "../check/run-log.ts";
import type { Answer } from "./client.ts";
import type { SdkClient } from "./sdk-client.ts";

/** No answer of the server: the same may be asked again. */
const localCodes = ["UNREACHABLE", "UNEXPECTED_ANSWER", "SIGNED_OUT"];

/** Does an act through the SDK: what its outbox takes is tried until it is done or refused. */
export async function performBySdk(client: SdkClient, act: Act): Promise<Answer> {
  const begunAt = Date.now();
  const isInDoubt = () => !client.isFirstAttempt(begunAt);
  try {
    const body = await carryOut(client, act);
    return { code: undefined, body, isInDoubt: isInDoubt() };
  } catch (thrown) {
    if (!(thrown instanceof ChatError)) throw thrown;
    client.discardRefused();
    const { code } = thrown;
    return localCodes.includes(code) ? undefined : { code, body: {}, isInDoubt: isInDoubt() };
  }
}

async function carryOut({ chat, room: find }: SdkClient, act: Act): Promise<object> {
  const { room } = ("roomId" in act && find(act.roomId)) || {};
  switch (act.kind) {
    case "edit": {
      const { roomId, seq, content } = act;
      if (room) return { data: await room.edit(seq, content) };
      return chat.call.editMessage({ roomId, seq, content });
    }
    case "delete": {
      const { roomId, seq } = act;
      return room ? { data: await room.delete(seq) } : chat.call.deleteMessage({ roomId, seq });
    }
    case "react": {
      const { roomId, seq, emoji, isOn } = act;
      if (room) return { data: await room[isOn ? "react" : "unreact"](seq, emoji) };
      return chat.call[isOn ? "addReaction" : "removeReaction"]({ roomId, seq, emoji });
    }
    case "pin": {
      const { roomId, seq, isOn } = act;
      if (room) return { data: await room[isOn ? "pin" : "unpin"](seq) };
      return chat.call[isOn ? "pinMessage" : "unpinMessage"]({ roomId, seq });
    }
    case "read": {
      const { roomId, seq } = act;
      const { readSeq = 0 } = room?.getSnapshot().room?.membership ?? {};
      // What is read already the SDK doesn't say again.
      if (!room || seq <= readSeq) return chat.call.markRead({ roomId, seq });
      await room.markRead(seq);
      return {};
    }
    case "unread": {
      const { roomId, seq } = act;
      if (!room) return chat.call.markUnread({ roomId, seq });
      await room.markUnread(seq);
      return {};
    }
    case "open":
      return { room: await chat.rooms.openDirect({ userId: act.peerId }) };
    case "leave":
      await chat.rooms.leave(act.roomId);
      return {};
    case "block": {
      const userId = act.peerId;
      return chat.call[act.isOn ? "blockUser" : "unblockUser"]({ userId });
    }
  }
}
