/** How a command ends that doesn't do what it was asked for, as its exit code. */
export const exitCodes = { refused: 1, usage: 2, unreachable: 3 } as const;

interface Details {
  /** The contract's code. */
  code?: string;
  faults?: readonly { path: string; message: string }[];
  /** What to do about it. */
  hint?: string | undefined;
}

/** Why a command can't do what it was asked for, in words for who typed it. */
export class Failure extends Error {
  override name = "Failure";
  readonly kind: keyof typeof exitCodes;
  readonly details: Details;

  constructor(kind: keyof typeof exitCodes, message: string, details: Details = {}) {
    super(message);
    this.kind = kind;
    this.details = details;
  }
}

/** As it stands on the error output: lines for people, or one JSON object. */
export function describeFailure({ kind, message, details }: Failure, isJson: boolean): string {
  if (isJson) return `${JSON.stringify({ error: { kind, message, ...details } })}\n`;
  const { code, faults = [], hint } = details;
  const lines = [
    `aether: ${message}${code ? ` (${code})` : ""}`,
    ...faults.map((it) => `  ${it.path} ${it.message}`),
    ...(hint ? [`  ${hint}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
