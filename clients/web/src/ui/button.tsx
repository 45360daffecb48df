import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import { Icon, type IconName } from "./icon.tsx";
import "./button.css";

interface ButtonProps extends Omit<AriaButtonProps, "className" | "children"> {
  children: string;
  icon?: IconName;
  look?: "main" | "plain" | "quiet" | "danger";
}

export function Button({ children, icon, look = "plain", ...props }: ButtonProps) {
  return (
    <AriaButton {...props} className={`button button-${look}`}>
      {icon && <Icon name={icon} />}
      {children}
    </AriaButton>
  );
}
