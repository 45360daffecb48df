import { chmod, mkdir, open, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { Failure } from "./failure.ts";

/** Where a platform is, and who one is there. */
export interface Profile {
  /** The RPC of the auth service and of a message instance: `http://host:port`. */
  authUrl: string;
  messageUrl: string;
  session?: Session;
}

export interface Session {
  userId: string;
  username: string;
  accessToken: string;
  refreshToken: string;
}

/** A file for each, for its owner alone, so that two commands never write over each other's. */
const folder = join(process.env.XDG_CONFIG_HOME || join(homedir(), ".config"), "aether");
const pathOf = (name: string) => join(folder, `${name}.json`);

/** Where a platform on this machine is found while nothing else is said. */
function defaults(): Profile {
  return {
    authUrl: serverUrl(process.env.AETHER_AUTH_URL || "http://127.0.0.1:50001"),
    messageUrl: serverUrl(process.env.AETHER_MESSAGE_URL || "http://127.0.0.1:50002"),
  };
}

/** The addresses of an unknown profile are the defaults. @throws Failure */
export async function readProfile(name: string): Promise<Profile> {
  checkName(name);
  let text: string;
  try {
    await using file = await open(pathOf(name));
    const { mode } = await file.stat();
    if ((mode & 0o077) !== 0) {
      throw new Failure("refused", `${pathOf(name)} can be read by others`, {
        hint: `it holds a session: chmod 600 ${pathOf(name)}`,
      });
    }
    text = await file.readFile("utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return defaults();
    throw error;
  }
  const profile = parse(text);
  if (profile) return profile;
  throw new Failure("refused", `${pathOf(name)} isn't as this tool wrote it`, {
    hint: "remove it, and sign in again",
  });
}

export async function writeProfile(name: string, profile: Profile): Promise<void> {
  checkName(name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const draft = `${pathOf(name)}.${process.pid}`;
  await rm(draft, { force: true });
  {
    await using file = await open(draft, "wx", 0o600);
    await file.writeFile(`${JSON.stringify(profile, null, 2)}\n`);
  }
  // Whatever the umask is.
  await chmod(draft, 0o600);
  await rename(draft, pathOf(name));
}

export async function removeProfile(name: string): Promise<void> {
  checkName(name);
  await rm(pathOf(name), { force: true });
}

export async function profileNames(): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  return files.flatMap((file) => /^([\w-]+)\.json$/.exec(file)?.[1] ?? []).sort();
}

/** @throws Failure for what is no address of a server */
export function serverUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
  throw new Failure("usage", `"${text}" is no address such as http://127.0.0.1:50001`);
}

function checkName(name: string): void {
  if (/^[\w-]{1,40}$/.test(name)) return;
  throw new Failure("usage", `"${name}" can't be a profile's name: letters, digits, _ and - can`);
}

function parse(text: string): Profile | undefined {
  try {
    const read: Partial<Profile> | null = JSON.parse(text);
    const { authUrl, messageUrl, session } = read ?? {};
    if (!areTexts(authUrl, messageUrl)) return undefined;
    const profile = { authUrl: serverUrl(`${authUrl}`), messageUrl: serverUrl(`${messageUrl}`) };
    if (session === undefined) return profile;
    const { userId, username, accessToken, refreshToken } = session;
    if (!areTexts(userId, username, accessToken, refreshToken)) return undefined;
    return { ...profile, session: { userId, username, accessToken, refreshToken } };
  } catch {
    return undefined;
  }
}

function areTexts(...values: unknown[]): boolean {
  return values.every((it) => typeof it === "string" && it !== "");
}
