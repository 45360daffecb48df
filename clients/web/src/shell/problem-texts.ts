import type { Problem } from "@aetherconnect/client";

/** What is wrong around the page, what comes of it, and what one can do. */
export const problemTexts: Record<Problem["code"] | "CONTRACT_NEWER", string> = {
  COOKIES_BLOCKED:
    "Your browser blocks cookies, so you are signed out as soon as you reload or close this page. Allow them for this site, and sign in again.",
  STORAGE_UNAVAILABLE:
    "Your browser stores nothing for this site, as in a private window: wait until everything is sent before you reload or close this page.",
  STORAGE_FULL:
    "Your browser has no space left: wait until everything is sent before you reload or close this page, and free some space.",
  CLOCK_WRONG: "The clock of this device is wrong, so days and times may be too. Set it right.",
  CONTRACT_OLDER:
    "The server is older than this page. You can read and write; edits, reactions, threads and unread counts come when whoever runs it updates it.",
  CONTRACT_NEWER:
    "The server is newer than this page, which shows nothing of what was added. Reload it; if it stays so, whoever runs this page has to update it.",
};
