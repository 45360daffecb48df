import type { IncomingMessage } from "node:http";
import { isIP, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";

/**
 * The address of the client: the connection's own, or with trusted proxies the entry of
 * `X-Forwarded-For` that the outermost of them has written.
 */
export function clientAddress(req: IncomingMessage, trustedProxyHops: number): string {
  const peer = addressIn(req.socket.remoteAddress ?? "") ?? "unknown";
  if (trustedProxyHops === 0) return peer;
  const header = req.headers["x-forwarded-for"];
  const entries = (Array.isArray(header) ? header.join(",") : (header ?? ""))
    .split(",")
    .map((entry) => entry.trim())
    .filter(Boolean);
  // Fewer entries than proxies, or something else than an address: not what they write.
  return addressIn(entries.at(-trustedProxyHops) ?? "") ?? peer;
}

/**
 * Some proxies write the client's port as well, an IPv6 address in brackets, its zone, or an
 * IPv4 address as an IPv6 one: a client has one name whichever of them stands in front.
 */
function addressIn(entry: string): string | undefined {
  const [, bracketed, withPort] = /^"?(?:\[([^\]]*)\](?::\d+)?|([\d.]+):\d+)"?$/.exec(entry) ?? [];
  const [address = ""] = (bracketed ?? withPort ?? entry).split("%");
  return isIP(address) ? ipaddr.process(address).toString() : undefined;
}

/** What limits count by: an IPv4 address, or the /64 that an IPv6 client can move in. */
export function clientKeyOf(address: string): string {
  if (!ipaddr.isValid(address)) return address;
  return networkOf(address, 64) ?? ipaddr.process(address).toString();
}

/** The network of so many bits around an IPv6 address; undefined for any other. */
export function networkOf(address: string, bits: 48 | 56 | 64): string | undefined {
  const [plain = ""] = address.split("%");
  if (!isIPv6(plain) || ipaddr.process(plain).kind() === "ipv4") return undefined;
  return `${ipaddr.IPv6.networkAddressFromCIDR(`${plain}/${bits}`)}/${bits}`;
}
