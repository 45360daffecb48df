import type { Member } from "@aetherconnect/client";
import { Avatar } from "../ui/avatar.tsx";
import "./mention-list.css";

interface MentionListProps {
  id: string;
  members: readonly Member[];
  active: number;
  onPick: (member: Member) => void;
}

/** The field keeps the focus; its keys choose. */
export function MentionList({ id, members, active, onPick }: MentionListProps) {
  return (
    <div className="mention-list" id={id} role="listbox" aria-label="Members">
      {members.map((member, i) => (
        <div
          key={member.userId}
          id={`${id}-${i}`}
          className="mention-option"
          role="option"
          tabIndex={-1}
          aria-selected={i === active}
          onPointerDown={(event) => {
            event.preventDefault();
            onPick(member);
          }}
        >
          <Avatar userId={member.userId} name={member.name} size="s" />
          <bdi className="one-line">{member.name}</bdi>
          <span className="mention-option-username">@{member.username}</span>
        </div>
      ))}
    </div>
  );
}
