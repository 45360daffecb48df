import type { ReactNode } from "react";
import { Icon, type IconName } from "./icon.tsx";
import "./empty-state.css";

interface EmptyStateProps {
  icon: IconName;
  /** Where it comes unasked, so that it is read out. */
  role?: "alert";
  title: string;
  /** What it is about, and what one can do. */
  children?: ReactNode;
  actions?: ReactNode;
}

export function EmptyState({ icon, role, title, children, actions }: EmptyStateProps) {
  return (
    <div className="empty-state" role={role}>
      <span className="empty-state-icon">
        <Icon name={icon} />
      </span>
      <h2 className="empty-state-title">{title}</h2>
      {children && <p className="empty-state-text">{children}</p>}
      {actions && <div className="empty-state-actions">{actions}</div>}
    </div>
  );
}
