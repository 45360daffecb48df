import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./empty-state.css";

interface EmptyStateProps {
  icon: IconName;
  title: string;
  /** What it is about, and what one can do. */
  children?: ReactNode;
  actions?: ReactNode;
}

export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className="empty-state">
      <span className="empty-state-icon">
        <Icon name={icon} />
      </span>
      <h2 className="empty-state-title">{title}</h2>
      {children && <p className="empty-state-text">{children}</p>}
      {actions && <div className="empty-state-actions">{actions}</div>}
    </div>
  );
}
