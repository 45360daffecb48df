import { type KeyboardEvent, type Ref, useImperativeHandle, useLayoutEffect, useRef } from "react";
import "./growing-field.css";

interface GrowingFieldProps {
  ref?: Ref<HTMLTextAreaElement | null>;
  label: string;
  value: string;
  placeholder?: string;
  autoFocus?: boolean;
  isDisabled?: boolean;
  onChange: (value: string) => void;
  onKeyDown: (event: KeyboardEvent<HTMLTextAreaElement>) => void;
  onSelect?: () => void;
  /** Further attributes of a field that has a list of suggestions. */
  suggestions?: { "aria-controls": string; "aria-activedescendant": string } | undefined;
}

/**
 * Puts text in the place of another and the caret behind it, at once: what is typed next follows it.
 * @returns what is in the field then
 */
export function replaceText(
  field: HTMLTextAreaElement,
  start: number,
  end: number,
  text: string,
): string {
  field.value = field.value.slice(0, start) + text + field.value.slice(end);
  field.focus();
  field.setSelectionRange(start + text.length, start + text.length);
  return field.value;
}

/** A field of several lines that is as high as what is in it. */
export function GrowingField(props: GrowingFieldProps) {
  const field = useRef<HTMLTextAreaElement>(null);
  const { value, autoFocus = false } = props;
  useImperativeHandle<HTMLTextAreaElement | null, HTMLTextAreaElement | null>(
    props.ref,
    () => field.current,
  );
  useLayoutEffect(() => {
    const { current } = field;
    if (!current || CSS.supports("field-sizing", "content") || value.length < 0) return;
    current.style.height = "auto";
    current.style.height = `${current.scrollHeight}px`;
  }, [value]);
  useLayoutEffect(() => {
    const { current } = field;
    if (!current || !autoFocus) return;
    current.focus();
    current.setSelectionRange(current.value.length, current.value.length);
  }, [autoFocus]);
  return (
    <textarea
      ref={field}
      className="growing-field scrolls"
      rows={1}
      dir="auto"
      aria-label={props.label}
      placeholder={props.placeholder}
      disabled={props.isDisabled}
      value={value}
      onChange={(event) => props.onChange(event.currentTarget.value)}
      onKeyDown={props.onKeyDown}
      onSelect={props.onSelect}
      {...(props.suggestions && { "aria-autocomplete": "list", ...props.suggestions })}
    />
  );
}
