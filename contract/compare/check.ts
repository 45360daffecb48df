import { compareContracts } from "./compare.ts";
import { type Finding, formatFinding } from "./finding.ts";
import { buildImage, findBreaking, imagePath, readImage, readReleased } from "./image.ts";

export interface CheckResult {
  /** The released version; undefined before the first release. */
  version: string | undefined;
  findings: Finding[];
  isBreaking: boolean;
}

/** Holds the contract of a folder against its last release. @throws BufError */
export async function checkContract(folder: string): Promise<CheckResult> {
  const released = await readReleased(folder);
  if (!released) return { version: undefined, findings: [], isBreaking: false };
  const [image, byBuf] = await Promise.all([
    buildImage(folder),
    findBreaking(folder, imagePath(folder)),
  ]);
  const findings = [...byBuf, ...compareContracts(readImage(released.image), readImage(image))];
  return {
    version: released.version,
    findings,
    isBreaking: findings.some((it) => it.severity === "breaking"),
  };
}

/** The result in words: a line per finding, and how it stands. */
export function report({ version, findings, isBreaking }: CheckResult): string {
  if (version === undefined) return "no contract released\n";
  const order = ["breaking", "changed", "added"];
  const lines = findings
    .toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity))
    .map(formatFinding);
  const state = isBreaking
    ? `the contract breaks ${version}: undo it, or release the next major version on purpose (npm run contract:release)`
    : findings.length > 0
      ? `the contract keeps ${version}, and says more`
      : `the contract is ${version}`;
  return `${[...lines, state].join("\n")}\n`;
}
