import type { Message } from "@aetherconnect/client";
import type { ReactNode } from "react";
import { useChat, useSnapshot } from "../chat.ts";
import { textOf } from "../errors.ts";
import { Button } from "../ui/button.tsx";
import { FormError } from "../ui/form-error.tsx";
import { Skeletons } from "../ui/skeletons.tsx";
import type { usePages } from "../ui/use-pages.ts";
import { FoundMessage } from "./found-message.tsx";

interface FoundListProps {
  pages: ReturnType<typeof usePages<Message>>;
  /** Then the room isn't named at each. */
  isOfOneRoom?: boolean;
  /** What is shown where nothing was found. */
  empty: ReactNode;
}

export function FoundList({ pages, isOfOneRoom = false, empty }: FoundListProps) {
  const { items, isLoading, error, loadMore } = pages;
  const { rooms } = useSnapshot(useChat().rooms);
  if (error !== undefined) return <FormError text={textOf(error)} />;
  if (items.length === 0) return isLoading ? <Skeletons label="Searching" count={5} /> : empty;
  return (
    <>
      <ul className="found">
        {items.map((message) => (
          <FoundMessage
            key={message.id}
            message={message}
            room={isOfOneRoom ? undefined : rooms.find(({ id }) => id === message.roomId)}
          />
        ))}
      </ul>
      {loadMore && (
        <Button onPress={loadMore} isPending={isLoading}>
          Show more
        </Button>
      )}
    </>
  );
}
