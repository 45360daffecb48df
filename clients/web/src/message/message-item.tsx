import type { Member, ShownMessage } from "@aetherconnect/client";
import { type FocusEvent, memo, useEffect, useEffectEvent, useRef, useState } from "react";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { clockTime, fullTime } from "../ui/times.ts";
import { Content } from "./content.tsx";
import { DeliveryState } from "./delivery-state.tsx";
import { EditForm } from "./edit-form.tsx";
import { Reactions } from "./reactions.tsx";
import { Readers } from "./readers.tsx";
import { ReplyLine } from "./reply-line.tsx";
import { useRoomContext } from "./room-context.ts";
import { ThreadLine } from "./thread-line.tsx";
import { Toolbar } from "./toolbar.tsx";
import "./message-item.css";

interface MessageItemProps {
  message: ShownMessage;
  rowKey: string;
  isFollowUp: boolean;
  isTarget: boolean;
  /** Who has read so far. */
  readers?: readonly Member[] | undefined;
}

export const MessageItem = memo(function MessageItem(props: MessageItemProps) {
  const { message, rowKey, isFollowUp, isTarget } = props;
  const readers = props.readers?.filter((it) => it.userId !== message.userId) ?? [];
  const context = useRoomContext();
  const { editing, setEditing, isThread, myId, myUsername, usernames } = context;
  const [isHovered, setIsHovered] = useState(false);
  const [isFocused, setIsFocused] = useState(false);
  const [isMenuOpen, setIsMenuOpen] = useState(false);
  const { userId, username, createdAt, editedAt, deletedAt, status, seq, content } = message;
  const isEditing = editing === seq && seq > 0;
  const isDeleted = deletedAt !== null;
  const isForMe = message.mentions.includes(myId) || (message.mentionsRoom && userId !== myId);
  const isTouched = isHovered || isFocused || isMenuOpen;
  const hasToolbar = context.hasTools && seq > 0 && !isDeleted && !isEditing && isTouched;
  const article = useRef<HTMLElement>(null);
  const changeMenu = (isOpen: boolean) => {
    setIsMenuOpen(isOpen);
    // A pointer that went over the menu has left the message without a word.
    if (!isOpen) setIsHovered(article.current?.matches(":hover") ?? false);
  };
  const onDeleted = useEffectEvent(() => {
    changeMenu(false);
    if (isFocused) article.current?.focus();
  });
  useEffect(() => {
    // The menu or dialog that had the focus is gone with what could be done with the message.
    if (isDeleted) onDeleted();
  }, [isDeleted]);
  const onBlur = (event: FocusEvent<HTMLElement>) => {
    if (!event.currentTarget.contains(event.relatedTarget)) setIsFocused(false);
  };
  const look = [
    "message",
    isFollowUp && "is-follow-up",
    isTarget && "is-target",
    status && `is-${status}`,
    isMenuOpen && "is-active",
    isForMe && "is-for-me",
  ];
  return (
    <article
      ref={article}
      className={look.filter(Boolean).join(" ")}
      tabIndex={-1}
      data-row={rowKey}
      aria-label={`${username}, ${clockTime(createdAt)}`}
      onPointerMove={() => setIsHovered(true)}
      onPointerLeave={() => setIsHovered(false)}
      onFocus={() => setIsFocused(true)}
      onBlur={onBlur}
    >
      {!isThread && message.replyTo !== null && <ReplyLine message={message} />}
      <div className="message-side">
        {isFollowUp ? (
          <time className="message-side-time" dateTime={createdAt} title={fullTime(createdAt)}>
            {clockTime(createdAt)}
          </time>
        ) : (
          <Avatar userId={userId} name={username} />
        )}
      </div>
      <div className="message-body">
        {!isFollowUp && (
          <p className="message-head">
            <bdi className="message-name one-line">{username}</bdi>
            <time className="message-time" dateTime={createdAt} title={fullTime(createdAt)}>
              {clockTime(createdAt)}
            </time>
            {message.pinnedAt && (
              <span className="message-pinned">
                <Icon name="pin" />
                Pinned
              </span>
            )}
          </p>
        )}
        {isDeleted && <p className="message-deleted">This message was deleted</p>}
        {!isDeleted && isEditing && (
          <EditForm message={message} onDone={() => setEditing(undefined)} />
        )}
        {!isDeleted && !isEditing && (
          <Content content={content} usernames={usernames} myUsername={myUsername} />
        )}
        {editedAt && !isDeleted && !isEditing && (
          <span className="message-edited" title={fullTime(editedAt)}>
            edited
          </span>
        )}
        {status && <DeliveryState message={message} />}
        {message.reactions.length > 0 && <Reactions message={message} />}
        {!isThread && message.replyCount > 0 && <ThreadLine message={message} />}
      </div>
      {readers.length > 0 && <Readers readers={readers} />}
      {hasToolbar && <Toolbar message={message} onMenuChange={changeMenu} />}
    </article>
  );
});
