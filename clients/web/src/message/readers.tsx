import type { Member } from "@aetherconnect/client";
import { Avatar } from "../ui/avatar.tsx";
import "./readers.css";

const mostShown = 4;

/** Those who have read up to a message, and no further. */
export function Readers({ readers }: { readers: readonly Member[] }) {
  const names = readers.map(({ name }) => name).join(", ");
  const more = readers.length - mostShown;
  return (
    <span className="readers" role="img" aria-label={`Read by ${names}`} title={`Read by ${names}`}>
      {readers.slice(0, mostShown).map(({ userId, name }) => (
        <Avatar key={userId} userId={userId} name={name} size="xs" />
      ))}
      {more > 0 && <span className="readers-more">+{more}</span>}
    </span>
  );
}
