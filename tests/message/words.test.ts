import assert from "node:assert/strict";
import { test } from "node:test";
import { occurIn, phrasesOf, wordsOf } from "#message/search/words.ts";

test("words are cut, then folded: no blank and nothing empty is left", () => {
  const cases: [text: string, words: string[]][] = [
    ["Crème BRÛLÉE, it's 3.5!", ["creme", "brulee", "it's", "3.5"]],
    ["İstanbul ΟΔΟΣ ΟΔΟΣΑ", ["istanbul", "οδοσ", "οδοσα"]],
    ["a_b _ x:y e.g. 1,000;2", ["a_b", "x:y", "e.g", "1,000;2"]],
    ["ﷺ ͺ", ["صلى", "الله", "عليه", "وسلم"]],
    ["น้ำ", ["น้ํา"]],
    ["…!? 👍 \n", []],
    ["a".repeat(4_000), ["a".repeat(64)]],
  ];
  for (const [text, words] of cases) assert.deepEqual(wordsOf(text), words, text);
});

test("ASCII is cut as the segmenter cuts it", () => {
  const alphabet = [...`aZ09_':.,;-"\\ @\n`];
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 0x7fff_ffff;
    return alphabet[state % alphabet.length] ?? "";
  };
  const segmenter = new Intl.Segmenter("und", { granularity: "word" });
  for (let n = 0; n < 5_000; n++) {
    const text = Array.from({ length: 9 }, next).join("");
    const words = [...segmenter.segment(text)].flatMap(({ segment, isWordLike }) =>
      isWordLike ? [segment.toLowerCase()] : [],
    );
    assert.deepEqual(wordsOf(text), words, JSON.stringify(text));
  }
});

test("a query is read by its quotes, and the last word by its beginning", () => {
  const word = (text: string, isPrefix = false) => ({ words: [text], isPrefix });
  const cases: [query: string, phrases: ReturnType<typeof phrasesOf>][] = [
    ["One twO", [word("one"), word("two", true)]],
    ["one two ", [word("one"), word("two")]],
    ['"one two"', [{ words: ["one", "two"], isPrefix: false }]],
    ['x "one two', [word("x"), { words: ["one", "two"], isPrefix: false }]],
    ['""" "', []],
    [" ,;!$%&/()=?|*' ", []],
  ];
  for (const [query, phrases] of cases) assert.deepEqual(phrasesOf(query), phrases, query);
  const words = wordsOf("to be or not to be");
  const occurs = (query: string) => occurIn(words, phrasesOf(query));
  assert.deepEqual(['"be or"', '"or be"', "no", "no ", '"not to b"', "be to", "e"].map(occurs), [
    true,
    false,
    true,
    false,
    false,
    true,
    false,
  ]);
});
