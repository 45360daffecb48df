import { randomBytes } from "node:crypto";

/** Where to go and what to try; the name is new each time, so that the command always works. */
export function greeting(gatewayUrl: string, tookMs: number): string {
  const base = gatewayUrl.replace(/\/\/(127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(?=:|$)/, "//localhost");
  const username = `ada-${randomBytes(3).toString("hex")}`;
  const user = {
    username,
    email: `${username}@example.com`,
    password: "violet harbour sings",
    firstName: "Ada",
    lastName: "Lovelace",
  };
  return [
    `Aetherconnect is ready after ${(tookMs / 1000).toFixed(1)} s: ${base} (docs: ${base}/docs). ` +
      "Ctrl-C stops it. Try:",
    `  curl -i ${base}/api/auth/register -H 'content-type: application/json' ` +
      `-d '${JSON.stringify(user)}'`,
  ].join("\n");
}
