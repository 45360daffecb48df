/** Networks wider than a client's, and how many clients' attempts each may make. */
export const widerNetworks = [
  { bits: 56, clients: 4 },
  { bits: 48, clients: 16 },
] as const;

/**
 * The network of so many bits around a client; undefined for an IPv4 address. Whoever holds a
 * /56 or a /48 has 256 or 65,536 times a /64, and would be as many clients.
 * @param client see `clientKeyOf`
 */
export function networkAround(client: string, bits: 48 | 56): string | undefined {
  const [prefix = "", length] = client.split("::/");
  if (length !== "64") return undefined;
  const groups = prefix.split(":");
  const site = groups.slice(0, 3).join(":");
  const upper = Number.parseInt(groups[3] ?? "0", 16) >> 8;
  return bits === 48 ? `${site}::/48` : `${site}:${upper.toString(16)}00::/56`;
}
