import type { CSSProperties } from "react";
import "./avatar.css";

export type PresenceStatus = "online" | "away" | "offline";

interface AvatarProps {
  userId: string;
  name: string;
  size?: "xs" | "s" | "m" | "l";
  presence?: PresenceStatus | undefined;
}

/** The initials of a user, in a colour of their own. The name stands beside it, or in its control. */
export function Avatar({ userId, name, size = "m", presence }: AvatarProps) {
  const style: CSSProperties & { "--hue": number } = { "--hue": hueOf(userId) };
  return (
    <span className={`avatar avatar-${size}`} style={style} aria-hidden="true">
      {initialsOf(name)}
      {presence && <span className={`avatar-presence is-${presence}`} />}
    </span>
  );
}

/** The same for an id on every device, and far apart for ids that follow one another. */
function hueOf(id: string): number {
  let hash = 0;
  for (let i = 0; i < id.length; i++) hash = (hash * 31 + id.charCodeAt(i)) >>> 0;
  return Math.round((hash * 137.508) % 360);
}

function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}
