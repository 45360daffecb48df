import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, type BrowserContext, chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"];

/** Where the system has a Chromium, if it has one. */
export function findChromium(): string | undefined {
  const folders = (process.env.PATH ?? "").split(delimiter);
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(isExecutable);
}

/** The reason to skip a test that needs a browser; false where there is one. */
export const noChromium = findChromium() === undefined && "no Chromium is installed";

export function launchChromium(): Promise<Browser> {
  return chromium.launch(howToLaunch());
}

/** As its user has set it up, in that folder. */
export function launchChromiumOn(profile: string): Promise<BrowserContext> {
  return chromium.launchPersistentContext(profile, howToLaunch());
}

function howToLaunch() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("no Chromium is installed");
  // In a container root has no sandbox; the pages are our own.
  return { executablePath, args: ["--no-sandbox"] };
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
