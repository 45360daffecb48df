import type { Member, OpenRoom } from "@aetherconnect/client";
import { useEffect, useState } from "react";
import { useChat, useMe, useSnapshot } from "../chat.ts";
import { hrefOf, navigate } from "../router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { ConfirmDialog } from "../ui/confirm-dialog.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { Panel } from "../ui/panel.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import "./members-panel.css";

const mostWatched = 100;

export function MembersPanel({ room, onClose }: { room: OpenRoom; onClose: () => void }) {
  const chat = useChat();
  const { members, room: info } = useSnapshot(room);
  const presences = useSnapshot(chat.presence);
  const [removing, setRemoving] = useState<Member>();
  // Of a public room anybody is a member who wants to be.
  const mayRemove = info?.roomType === "private" && info.membership?.role === "owner";
  useEffect(() => {
    room.loadMembers().catch(() => undefined);
  }, [room]);
  useEffect(
    () => members && chat.presence.watch(members.slice(0, mostWatched).map((it) => it.userId)),
    [chat, members],
  );
  const remove = async (userId: string) => {
    await chat.call.removeMember({ roomId: room.id, userId });
    await room.loadMembers();
  };
  return (
    <Panel title="Members" onClose={onClose}>
      {!members && <Skeletons label="Loading members" count={6} />}
      <ul className="members panel-body scrolls">
        {members?.map((member) => (
          <MemberItem
            key={member.userId}
            member={member}
            presence={presences[member.userId]?.status}
            onRemove={mayRemove ? () => setRemoving(member) : undefined}
          />
        ))}
      </ul>
      {removing && (
        <ConfirmDialog
          title={`Remove ${removing.name}?`}
          action="Remove"
          onConfirm={() => remove(removing.userId)}
          onClose={() => setRemoving(undefined)}
        >
          <p>
            They can't read or write here any more, unless somebody adds them again. What they have
            written stays.
          </p>
        </ConfirmDialog>
      )}
    </Panel>
  );
}

interface MemberItemProps {
  member: Member;
  presence: "online" | "away" | "offline" | undefined;
  /** Undefined where one may not. */
  onRemove: (() => void) | undefined;
}

function MemberItem({ member, presence, onRemove }: MemberItemProps) {
  const chat = useChat();
  const isMe = useMe().id === member.userId;
  const write = async () => {
    const { id } = await chat.rooms.openDirect({ userId: member.userId });
    navigate(hrefOf({ page: "room", roomId: id }));
  };
  return (
    <li className="member">
      <Avatar userId={member.userId} name={member.name} presence={presence} />
      <span className="member-names">
        <bdi className="member-name one-line">{member.name}</bdi>
        <span className="member-username one-line">
          @{member.username}
          {isMe && " (you)"}
        </span>
      </span>
      {!isMe && (
        <span className="member-actions">
          <IconButton
            icon="compose"
            label={`Write to ${member.name}`}
            onPress={() => void write().catch(() => undefined)}
          />
          {onRemove && (
            <IconButton icon="user-minus" label={`Remove ${member.name}`} onPress={onRemove} />
          )}
        </span>
      )}
    </li>
  );
}
