import type { Readable } from "@aetherconnect/client";

/**
 * Notices on the server's answers that it is of a later contract than this page was built for. It
 * stays so until the page is loaded anew: while an update rolls, instances of both answer.
 */
export function createContractWatch(): { fetch: typeof fetch; isServerNewer: Readable<boolean> } {
  let isNewer = false;
  const listeners = new Set<() => void>();
  return {
    async fetch(...request) {
      const response = await fetch(...request);
      const version = response.headers.get("contract-version");
      if (!isNewer && version && isLater(version, CONTRACT_VERSION)) {
        isNewer = true;
        for (const listener of listeners) listener();
      }
      return response;
    },
    isServerNewer: {
      getSnapshot: () => isNewer,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
    },
  };
}

/** Whether a version has what the other one hasn't: patches add nothing. */
function isLater(version: string, other: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split(".").map(Number);
  return major > otherMajor || (major === otherMajor && minor > otherMinor);
}
