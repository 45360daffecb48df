import { useChat } from "../chat.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { usePages } from "../ui/use-pages.ts";
import { FoundList } from "./found-list.tsx";

export function MentionsPage() {
  const chat = useChat();
  const pages = usePages("mentions", async (cursor) => {
    const { messages, nextCursor } = await chat.call.listMentions({
      limit: 30,
      ...(cursor && { cursor }),
    });
    return { items: messages, next: nextCursor };
  });
  return (
    <main className="page">
      <PageHeader title="Mentions" />
      <div className="page-body scrolls">
        <div className="page-column search">
          <FoundList
            pages={pages}
            empty={
              <EmptyState icon="at" title="Nobody has mentioned you yet">
                Messages with your name after an @ gather here.
              </EmptyState>
            }
          />
        </div>
      </div>
    </main>
  );
}
