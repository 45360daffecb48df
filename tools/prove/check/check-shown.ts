import type { ClientLog } from "./run-log.ts";
import type { Findings } from "./violations.ts";

/** No snapshot has shown anything wrongly at any time, and no outbox holds anything back. */
export function checkShown(clients: readonly ClientLog[], findings: Findings): void {
  for (const { client, misshown, pending } of clients) {
    for (const { violation, text } of misshown) findings.add(violation, text);
    for (const text of pending) findings.add("pending", `${client}: ${text}`);
  }
}
