/** What a field of the contract that is an emoji has to be, in words. */
export const emojiRule = "must be one emoji, or the name of one such as :party_parrot:";

/** What is shown as a picture only where a variation selector says so, and has none. */
const unqualified = /(?!\p{Emoji_Presentation})\p{Emoji}(?!\ufe0f|\p{Emoji_Modifier})/gu;

/**
 * An emoji in the one form in which it is stored, so that \u2764 and \u2764\ufe0f are one;
 * undefined where the text is none.
 */
export function toEmoji(text: string): string | undefined {
  if (/^:[a-z0-9_+-]{1,32}:$/.test(text)) return text;
  const qualified = text.replace(unqualified, "$&\ufe0f");
  return /^\p{RGI_Emoji}$/v.test(qualified) ? qualified : undefined;
}
