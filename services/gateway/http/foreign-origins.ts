import type { OriginRule } from "#common/http/origin.ts";
import type { Logger } from "#common/log.ts";

/** Whoever sends made-up origins doesn't fill the log. */
const mostNamed = 20;

/** Names each origin that isn't let in once in the log: its page is told by its browser alone, and not why. */
export function namingForeign(rule: OriginRule, log: Logger): OriginRule {
  const named = new Set<string>();
  return (headers) => {
    const isAllowed = rule(headers);
    const { origin } = headers;
    if (!isAllowed && origin && !named.has(origin) && named.size < mostNamed) {
      named.add(origin);
      log.warn(
        { origin },
        "a page called that isn't let in: CLIENT_ORIGINS doesn't name its origin",
      );
    }
    return isAllowed;
  };
}
