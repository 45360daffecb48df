import type { Act } from "../check/run-log.ts";
import type { Answer } from "./client.ts";
import type { SocketClient } from "./socket-client.ts";
import { answerLimitMs } from "./socket-connection.ts";

type Request = [method: "PUT" | "POST" | "DELETE", path: string, body?: object];

/** Tries an act once, by an event or by REST. */
export async function performBySocket(
  client: SocketClient,
  act: Act,
  byEvent: boolean,
): Promise<Answer> {
  const emitted = byEvent && client.socket.connected ? emit(client, act) : undefined;
  try {
    if (emitted) return toAnswer(await emitted);
    return toAnswer((await client.user.call(...requestOf(act))).body);
  } catch {
    // An event that isn't answered may be executed later: no more of them before another connection.
    if (emitted) client.reconnect();
    return undefined;
  }
}

function toAnswer(body: object): Answer {
  const code: unknown = "code" in body ? body.code : undefined;
  return { code: typeof code === "string" ? code : undefined, body };
}

/** Undefined: there is no event for it. */
function emit({ socket }: SocketClient, act: Act): Promise<object> | undefined {
  // A socket keeps the limit for the next event, whatever that is.
  const timed = () => socket.timeout(answerLimitMs);
  switch (act.kind) {
    case "edit": {
      const { roomId, seq, content } = act;
      return timed().emitWithAck("edit_message", { roomId, seq, content });
    }
    case "delete":
      return timed().emitWithAck("delete_message", { roomId: act.roomId, seq: act.seq });
    case "react": {
      const { roomId, seq, emoji, isOn } = act;
      return timed().emitWithAck(isOn ? "add_reaction" : "remove_reaction", { roomId, seq, emoji });
    }
    case "read":
      return timed().emitWithAck("mark_read", { roomId: act.roomId, seq: act.seq });
    default:
      return undefined;
  }
}

function requestOf(act: Act): Request {
  const room = "roomId" in act ? `/api/rooms/${act.roomId}` : "";
  switch (act.kind) {
    case "edit":
      return ["PUT", `${room}/messages/${act.seq}`, { content: act.content }];
    case "delete":
      return ["DELETE", `${room}/messages/${act.seq}`];
    case "react": {
      const path = `${room}/messages/${act.seq}/reactions/${encodeURIComponent(act.emoji)}`;
      return [act.isOn ? "PUT" : "DELETE", path];
    }
    case "pin":
      return [act.isOn ? "PUT" : "DELETE", `${room}/pins/${act.seq}`];
    case "read":
      return ["POST", `${room}/read`, { seq: act.seq }];
    case "unread":
      return ["POST", `${room}/unread`, { seq: act.seq }];
    case "open":
      return ["POST", "/api/direct-messages", { userId: act.peerId }];
    case "leave":
      return ["POST", `${room}/leave`, {}];
    case "block":
      return [act.isOn ? "PUT" : "DELETE", `/api/users/${act.peerId}/block`];
  }
}
