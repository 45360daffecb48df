import type { ReactNode } from "react";
import { Input, SearchField } from "react-aria-components";
import { useChat } from "../chat.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { Icon } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { usePages } from "../ui/use-pages.ts";
import { useSettled } from "../ui/use-settled.ts";
import { FoundList } from "./found-list.tsx";
import "./message-search.css";

interface MessageSearchProps {
  label: string;
  text: string;
  onChange: (text: string) => void;
  /** The one to search; else it is all that one is in. */
  roomId?: string;
  /** Stands there until something is sought. */
  children: ReactNode;
}

const mostCharacters = 200;

/** A field for words, and the messages that they occur in. */
export function MessageSearch({ label, text, onChange, roomId, children }: MessageSearchProps) {
  const chat = useChat();
  const wanted = useSettled(text.trim());
  const pages = usePages(wanted || null, async (cursor) => {
    const { messages, nextCursor } = await chat.search(wanted, {
      limit: 30,
      ...(roomId && { roomId }),
      ...(cursor && { cursor }),
    });
    return { items: messages, next: nextCursor };
  });
  return (
    <>
      <SearchField
        aria-label={label}
        className="search-field"
        value={text}
        onChange={onChange}
        maxLength={mostCharacters}
        autoFocus
      >
        <Icon name="search" />
        <Input className="search-input" placeholder="Words, or “a phrase in quotes”" dir="auto" />
        {text && <IconButton icon="close" label="Clear" size="s" />}
      </SearchField>
      {wanted === "" ? (
        children
      ) : (
        <FoundList
          pages={pages}
          isOfOneRoom={roomId !== undefined}
          empty={
            <EmptyState icon="search" title="Nothing found">
              Every word has to occur as it is written; the last one by its beginning.
            </EmptyState>
          }
        />
      )}
    </>
  );
}
