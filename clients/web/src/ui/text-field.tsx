import {
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
  FieldError,
  Input,
  Label,
  Text,
} from "react-aria-components";
import "./text-field.css";

interface TextFieldProps extends Omit<AriaTextFieldProps, "className" | "children"> {
  label: string;
  hint?: string;
  placeholder?: string;
}

export function TextField({ label, hint, placeholder, ...props }: TextFieldProps) {
  return (
    <AriaTextField {...props} className="text-field">
      <Label className="text-field-label">{label}</Label>
      <Input
        className="text-field-input"
        dir="auto"
        {...(placeholder !== undefined && { placeholder })}
      />
      {hint && (
        <Text slot="description" className="text-field-hint">
          {hint}
        </Text>
      )}
      <FieldError className="text-field-error" />
    </AriaTextField>
  );
}
