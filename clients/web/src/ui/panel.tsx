import type { ReactNode } from "react";
import { IconButton } from "./icon-button.tsx";

interface PanelProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** Stands beside a room, or on a narrow screen in its place. */
export function Panel({ title, onClose, children }: PanelProps) {
  return (
    <aside className="panel" aria-label={title}>
      <header className="panel-head">
        {/* On a narrow screen it is the page. */}
        <h1 className="panel-title">{title}</h1>
        <IconButton icon="close" label={`Close ${title.toLowerCase()}`} onPress={onClose} />
      </header>
      {children}
    </aside>
  );
}
