import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Tooltip,
  TooltipTrigger,
} from "react-aria-components";
import { Icon, type IconName } from "./icon.tsx";
import "./icon-button.css";

interface IconButtonProps extends Omit<AriaButtonProps, "className" | "children"> {
  icon: IconName;
  /** Its name, shown when it is hovered or focused. */
  label: string;
  size?: "s" | "m";
  isActive?: boolean;
}

export function IconButton({ icon, label, size = "m", isActive, ...props }: IconButtonProps) {
  const look = `icon-button icon-button-${size}${isActive ? " is-active" : ""}`;
  return (
    <TooltipTrigger delay={500} closeDelay={0}>
      <AriaButton
        {...props}
        aria-label={label}
        className={look}
        {...(isActive !== undefined && { "aria-pressed": isActive })}
      >
        <Icon name={icon} />
      </AriaButton>
      <Tooltip className="tooltip" offset={6}>
        {label}
      </Tooltip>
    </TooltipTrigger>
  );
}
