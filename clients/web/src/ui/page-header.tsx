import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import { Link } from "./link.tsx";

/** The head of a page; on a phone with the way back to the rooms. */
export function PageHeader({ title, children }: { title: ReactNode; children?: ReactNode }) {
  return (
    <header className="page-header">
      <Link href="/" className="page-back" aria-label="Back to all rooms">
        <Icon name="arrow-left" />
      </Link>
      <h1 className="page-title one-line">{title}</h1>
      {children}
    </header>
  );
}
