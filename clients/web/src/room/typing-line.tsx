import type { Typist } from "@aetherconnect/client";
import "./typing-line.css";

export function TypingLine({ typists }: { typists: readonly Typist[] }) {
  return (
    <p className="typing-line one-line" aria-live="off">
      {typists.length > 0 && (
        <>
          <span className="typing-dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <bdi>{textFor(typists.map(({ username }) => username))}</bdi>
        </>
      )}
    </p>
  );
}

function textFor([first = "", second, ...more]: string[]): string {
  if (second === undefined) return `${first} is typing`;
  if (more.length === 0) return `${first} and ${second} are typing`;
  return "Several people are typing";
}
