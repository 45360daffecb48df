/**
 * What is searched for and what is found are cut and folded here alone, so that the same words
 * give the same answer on every database.
 */

/** Words that must stand one after the other, in this order; a single word is one of its own. */
export interface Phrase {
  words: readonly string[];
  /** Whether the last word may go on: what one is still typing. */
  isPrefix: boolean;
}

/** Of a longer word its beginning counts alone: indexes don't take every length. */
const longestWord = 64;
const segmenter = new Intl.Segmenter("und", { granularity: "word" });
/** Folding any other mark as well would take the vowels from Thai. */
const accents = /[\u0300-\u036f]/g;

const asciiOnly = /^[\0-\x7f]*$/;
/** The segmenter's rules for ASCII, at a tenth of its time: most of what is sent is nothing else. */
const asciiWords = /(?:[A-Za-z0-9_]|(?<=[A-Za-z])[:'.](?=[A-Za-z])|(?<=[0-9])['.,;](?=[0-9]))+/g;

/** The words of a text, in order, without case and accents; there is no blank in any. */
export function wordsOf(text: string): string[] {
  return asciiOnly.test(text) ? wordsOfAscii(text) : segmentsOf(text).flatMap(fold);
}

/** Whether the phrases all occur in a text of these words. */
export function occurIn(words: readonly string[], phrases: readonly Phrase[]): boolean {
  const text = toLine(words);
  return phrases.every((phrase) => text.includes(toLinePart(phrase)));
}

/** Words as a text that holds every phrase's part where the phrase occurs. */
export function toLine(words: readonly string[]): string {
  return ` ${words.join(" ")} `;
}

export function toLinePart({ words, isPrefix }: Phrase): string {
  return ` ${words.join(" ")}${isPrefix ? "" : " "}`;
}

/** There is nothing to fold but case. */
function wordsOfAscii(text: string): string[] {
  const words = text.toLowerCase().match(asciiWords) ?? [];
  return words.filter((word) => word !== "_").map(shorten);
}

/** Cut first: folding takes characters away that say where a word ends. */
function segmentsOf(text: string): string[] {
  const segments: string[] = [];
  for (const { segment, isWordLike } of segmenter.segment(text)) {
    if (isWordLike) segments.push(segment);
  }
  return segments;
}

/** Of one segment several words may come: some letters stand for a phrase. */
function fold(segment: string): string[] {
  return segment
    .normalize("NFKD")
    .replace(accents, "")
    .toLowerCase()
    .replaceAll("ς", "σ")
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(shorten);
}

function shorten(word: string): string {
  return word.length > longestWord ? word.slice(0, longestWord).toWellFormed() : word;
}

/**
 * What a query asks for: every phrase has to occur. A quote that doesn't close holds to the end.
 * The last word is taken by its beginning, unless it is quoted or something follows it.
 */
export function phrasesOf(query: string): Phrase[] {
  const phrases: Phrase[] = [];
  const parts = query.split('"');
  for (const [i, part] of parts.entries()) {
    const words = wordsOf(part);
    if (i % 2 === 1) {
      if (words.length > 0) phrases.push({ words, isPrefix: false });
      continue;
    }
    const isOpen = i === parts.length - 1 && endsInWord(part);
    for (const [nth, word] of words.entries()) {
      phrases.push({ words: [word], isPrefix: isOpen && nth === words.length - 1 });
    }
  }
  return phrases;
}

function endsInWord(text: string): boolean {
  return [...segmenter.segment(text)].at(-1)?.isWordLike ?? false;
}
