import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BufError, runBuf } from "../buf.ts";
import { checkContract } from "./check.ts";
import { buildImage, imagePath, readReleased, versionPath } from "./image.ts";

/** Why a release is refused, in one line that says what to do. */
export class ReleaseError extends Error {
  override name = "ReleaseError";
}

/**
 * Makes the contract of a folder the baseline of all checks to come.
 * @param version such as 1.2.0; higher than the last, by a major step if the contract breaks
 * @throws ReleaseError
 */
export async function releaseContract(folder: string, version: string): Promise<void> {
  const wanted = parseVersion(version);
  const released = await readReleased(folder);
  if (released && !isHigher(wanted, parseVersion(released.version))) {
    throw new ReleaseError(`${version} is not higher than ${released.version}, the last release`);
  }
  const changes = await readFile(join(folder, "CHANGELOG.md"), "utf8").catch(() => "");
  const isNamed = changes
    .split("\n")
    .some((line) => /^##\s/.test(line) && line.split(/[\s[\]]+/).includes(version));
  if (!isNamed) {
    throw new ReleaseError(`CHANGELOG.md has no entry "## ${version}": write what has changed`);
  }
  try {
    await runBuf(folder, ["lint"]);
  } catch (error) {
    if (!(error instanceof BufError)) throw error;
    throw new ReleaseError(`proto/ has lint errors, mend them first:\n${error.output}`);
  }
  const { isBreaking } = await checkContract(folder);
  const isMajor = released && wanted[0] > parseVersion(released.version)[0];
  if (isBreaking && !isMajor) {
    throw new ReleaseError(
      `the contract breaks ${released?.version}, so it needs a new major version: npm run contract:check says where`,
    );
  }
  await mkdir(join(folder, "contract"), { recursive: true });
  await replace(imagePath(folder), await buildImage(folder));
  await replace(versionPath(folder), `${version}\n`);
}

type Version = [major: number, minor: number, patch: number];

function parseVersion(text: string): Version {
  const [, major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)$/.exec(text) ?? [];
  if (patch === undefined) throw new ReleaseError(`"${text}" is no version such as 1.2.0`);
  return [Number(major), Number(minor), Number(patch)];
}

function isHigher(a: Version, b: Version): boolean {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}

async function replace(path: string, content: string | Uint8Array): Promise<void> {
  await writeFile(`${path}.new`, content);
  await rename(`${path}.new`, path);
}
