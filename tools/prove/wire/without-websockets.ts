import type { Link, Tap } from "#tools/rig/tcp-proxy.ts";

const asksForWebSocket = /^upgrade: *websocket/im;

/** A network that lets no WebSocket through, as some do: clients are left with polling. */
export function withoutWebSockets(tap: (link: Link) => Tap): (link: Link) => Tap {
  return (link) => ({
    ...tap(link),
    fromNear(chunk) {
      if (!asksForWebSocket.test(chunk.toString("latin1"))) return true;
      link.cut();
      return false;
    },
  });
}
