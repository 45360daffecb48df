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
          tags: tagsOf(emoji, keywords[emoji] ?? []),
        })),
    ),
    skinTones: { light: "", "medium-light": "", medium: "", "medium-dark": "", dark: "" },
  };
}

/** Used most, by what Unicode has counted in 2021, the first the most. */
const usual = ["😂", "❤️", "🤣", "👍", "😭", "🙏", "😘", "🥰", "😍"];

/**
 * The picker orders what a word finds by how many tags it stands in, and a name counts as ten. So all
 * words are one tag, or a heart with more synonyms would come before the heart; what is used most
 * has it more often, up to ten times, and comes first of those that the word names.
 */
function tagsOf(emoji: string, words: readonly string[]): string[] {
  if (words.length === 0) return [];
  const rank = usual.indexOf(emoji);
  return Array(rank < 0 ? 1 : usual.length - rank + 1).fill(words.join("\n"));
}
