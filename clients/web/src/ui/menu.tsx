import { Fragment, type ReactElement, useRef, useState } from "react";
import {
  Menu as AriaMenu,
  Header,
  MenuItem,
  MenuSection,
  MenuTrigger,
  Popover,
  Separator,
} from "react-aria-components";
import { flushSync } from "react-dom";
import { Icon, type IconName } from "./icon.tsx";
import "./menu.css";

export interface MenuAction {
  id: string;
  label: string;
  icon?: IconName;
  isDanger?: boolean;
  onAction: () => void;
}

/** One of some: which it is, is marked. */
export interface MenuChoice {
  title: string;
  options: readonly { id: string; label: string }[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

interface MenuProps {
  /** The button that opens it. */
  trigger: ReactElement;
  label: string;
  /** In groups, with a line between them. */
  groups: (MenuAction[] | MenuChoice)[];
  placement?: "bottom end" | "bottom start" | "top start";
  onOpenChange?: (isOpen: boolean) => void;
}

export function Menu({
  trigger,
  label,
  groups,
  placement = "bottom end",
  onOpenChange,
}: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const opener = useRef<Element>(null);
  const change = (next: boolean) => {
    if (next) opener.current = document.activeElement;
    setIsOpen(next);
    onOpenChange?.(next);
  };
  /** As long as the menu is open it keeps the focus, that what is done may move. */
  const act = (onAction: () => void) => {
    flushSync(() => change(false));
    if (opener.current instanceof HTMLElement) opener.current.focus();
    onAction();
  };
  const filled = groups.filter((it) => !Array.isArray(it) || it.length > 0);
  return (
    <MenuTrigger isOpen={isOpen} onOpenChange={change}>
      {trigger}
      <Popover className="menu-popover" placement={placement} offset={4}>
        <AriaMenu className="menu" aria-label={label}>
          {filled.map((group, i) => (
            <Fragment key={Array.isArray(group) ? group[0]?.id : group.title}>
              {i > 0 && <Separator className="menu-line" />}
              {Array.isArray(group) ? (
                group.map((action) => itemOf(action, act))
              ) : (
                <Choice {...group} />
              )}
            </Fragment>
          ))}
        </AriaMenu>
      </Popover>
    </MenuTrigger>
  );
}

function itemOf(action: MenuAction, act: (onAction: () => void) => void) {
  const { id, label, icon, isDanger, onAction } = action;
  return (
    <MenuItem
      key={id}
      id={id}
      textValue={label}
      onAction={() => act(onAction)}
      className={`menu-item${isDanger ? " is-danger" : ""}`}
    >
      {icon && <Icon name={icon} />}
      {label}
    </MenuItem>
  );
}

function Choice({ title, options, chosen, onChoose }: MenuChoice) {
  return (
    <MenuSection
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={chosen === undefined ? [] : [chosen]}
    >
      <Header className="menu-title">{title}</Header>
      {options.map(({ id, label }) => (
        <MenuItem
          key={id}
          id={id}
          textValue={label}
          onAction={() => onChoose(id)}
          className="menu-item menu-option"
        >
          <Icon name="check" />
          {label}
        </MenuItem>
      ))}
    </MenuSection>
  );
}
