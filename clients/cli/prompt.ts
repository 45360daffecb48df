import { once } from "node:events";
import { createInterface } from "node:readline";
import { Writable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { Failure } from "./failure.ts";

/** Asks on the terminal. @throws Failure where there is none */
export async function ask(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Failure("usage", `there is no terminal to ask on: ${question.trim()}`);
  }
  return readLine(question, process.stderr);
}

/**
 * A secret, which never stands among the arguments: those are seen by every user of the machine.
 * From the variable, from a terminal without an echo, or else the first line of the input.
 */
export async function askSecret(question: string, variable: string): Promise<string> {
  const given = process.env[variable];
  if (given) return given;
  if (!process.stdin.isTTY) {
    const [line = ""] = (await readInput()).split("\n");
    return line.replace(/\r$/, "");
  }
  const answer = await readLine(question, nowhere);
  process.stderr.write("\n");
  return answer;
}

const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });

/** All of the standard input. */
export async function readInput(): Promise<string> {
  return (await buffer(process.stdin)).toString("utf8");
}

async function readLine(prompt: string, output: NodeJS.WritableStream): Promise<string> {
  const lines = createInterface({ input: process.stdin, output, terminal: true, prompt });
  try {
    lines.prompt();
    // By now the terminal itself echoes nothing, so that an answer may come.
    if (output === nowhere) process.stderr.write(prompt);
    const ended = once(lines, "close").then(() => {
      throw new Failure("usage", "nothing was answered");
    });
    const [line] = await Promise.race([once(lines, "line"), ended]);
    return String(line);
  } finally {
    lines.close();
  }
}
