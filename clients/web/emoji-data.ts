/** The groups of unicode-emoji-json. */
interface EmojiGroup {
  name: string;
  emojis: { emoji: string; name: string; emoji_version: string }[];
}

/** The newest emoji that browsers and servers of today know. */
const newestVersion = 16;

/** Emoji as the picker takes them, with the words that they are found by. */
export function emojiData(groups: EmojiGroup[], keywords: Record<string, string[]>) {
  return {
    locale: "en",
    categories: groups.map(({ name }, index) => ({ index, label: name })),
    emojis: groups.flatMap(({ emojis }, category) =>
      emojis
        .filter(({ emoji_version }) => Number(emoji_version) <= newestVersion)
        .map(({ emoji, name, emoji_version }) => ({
          emoji,
          category,
          label: name,
          version: Number(emoji_version),
          tags: keywords[emoji] ?? [],
        })),
    ),
    skinTones: { light: "", "medium-light": "", medium: "", "medium-dark": "", dark: "" },
  };
}
