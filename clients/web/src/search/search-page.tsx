import { useState } from "react";
import { hrefOf, navigate } from "../router.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { PageHeader } from "../ui/page-header.tsx";
import { MessageSearch } from "./message-search.tsx";

export function SearchPage({ query }: { query: string }) {
  const [text, setText] = useState(query);
  const change = (next: string) => {
    setText(next);
    navigate(hrefOf({ page: "search", query: next.trim() }), { replaces: true });
  };
  return (
    <main className="page">
      <PageHeader title="Search" />
      <div className="page-body scrolls">
        <div className="page-column search">
          <MessageSearch label="Search messages" text={text} onChange={change}>
            <EmptyState icon="search" title="Find what was said">
              In all rooms that you are in, by words in any order, with or without accents.
            </EmptyState>
          </MessageSearch>
        </div>
      </div>
    </main>
  );
}
