import { type EmojiData, type EmojiPickerListComponents, EmojiPicker as Picker } from "frimousse";
import type { AriaAttributes } from "react";

interface EmojiPickerProps {
  loadEmoji: () => Promise<EmojiData>;
  onPick: (emoji: string) => void;
}

export function EmojiPicker({ loadEmoji, onPick }: EmojiPickerProps) {
  return (
    <Picker.Root
      className="emoji-picker"
      columns={8}
      resolveEmojiData={loadEmoji}
      onEmojiSelect={({ emoji }) => onPick(emoji)}
    >
      <Picker.Search
        className="emoji-search"
        aria-label="Search emoji"
        placeholder="Search"
        autoFocus
      />
      <Picker.Viewport className="emoji-viewport scrolls">
        <Picker.Loading className="emoji-loading">Loading…</Picker.Loading>
        <Picker.Empty className="emoji-loading">Nothing found</Picker.Empty>
        <Picker.List className="emoji-list" components={components} />
      </Picker.Viewport>
    </Picker.Root>
  );
}

/** The same at every render: new ones would put a new button under a click that has begun. */
const components: Partial<EmojiPickerListComponents> = {
  CategoryHeader: ({ category, ...props }) => (
    <div className="emoji-category" {...props}>
      {category.label}
    </div>
  ),
  Row: (props) => <div className="emoji-row" {...countedFromOne(props)} />,
  Emoji: ({ emoji, ...props }) => (
    <button className="emoji" {...countedFromOne(props)} type="button" aria-label={emoji.label}>
      {emoji.emoji}
    </button>
  ),
};

/** The picker counts rows and columns from 0, where ARIA begins at 1. */
function countedFromOne<P extends AriaAttributes>(props: P): P {
  const { "aria-rowindex": row, "aria-colindex": column } = props;
  return {
    ...props,
    ...(row !== undefined && { "aria-rowindex": row + 1 }),
    ...(column !== undefined && { "aria-colindex": column + 1 }),
  };
}
