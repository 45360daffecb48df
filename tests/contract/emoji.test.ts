import assert from "node:assert/strict";
import { test } from "node:test";
import { toEmoji } from "#contract/wire/emoji.ts";

/** Said by their code points, as most of what makes them differ can't be seen. */
const text = (codes: string) =>
  String.fromCodePoint(...codes.split(" ").map((code) => Number.parseInt(code, 16)));

test("an emoji has one form, however it was typed", () => {
  for (const [typed, stored] of [
    ["2764", "2764 fe0f"],
    ["2764 fe0f", "2764 fe0f"],
    ["31 20e3", "31 fe0f 20e3"],
    ["1f441 200d 1f5e8", "1f441 fe0f 200d 1f5e8 fe0f"],
    ["26f9 1f3fd 200d 2642", "26f9 1f3fd 200d 2642 fe0f"],
    ["1f3f3 200d 1f308", "1f3f3 fe0f 200d 1f308"],
  ] as const) {
    assert.equal(toEmoji(text(typed)), text(stored), typed);
  }
});

test("skin tones, flags and sequences are emoji; names stand between colons", () => {
  for (const codes of [
    "1f600",
    "1f44d 1f3fd",
    "1f1e9 1f1ea",
    "1f468 200d 1f469 200d 1f467 200d 1f466",
    "1f3f4 e0067 e0062 e0065 e006e e0067 e007f",
    "1f9d1 1f3fb 200d 2764 fe0f 200d 1f48b 200d 1f9d1 1f3fc",
  ]) {
    assert.equal(toEmoji(text(codes)), text(codes), codes);
  }
  for (const name of [":+1:", ":party_parrot:", `:${"x".repeat(32)}:`]) {
    assert.equal(toEmoji(name), name);
  }
});

test("nothing else is an emoji", () => {
  for (const codes of [
    "31",
    "23",
    "2a",
    "61",
    "e9",
    "200d",
    "fe0f",
    "2764 fe0e",
    "1f600 fe0f",
    "2764 fe0f fe0f",
    "1f1e9",
    "1f600 1f600",
    "1f600 61",
    "1f44d 1f3fd 1f3fd",
  ]) {
    assert.equal(toEmoji(text(codes)), undefined, codes);
  }
  const crowd = text(Array.from({ length: 40 }, () => "1f600").join(" 200d "));
  for (const other of ["", "-", "::", ":A:", ":a b:", `:${"x".repeat(33)}:`, crowd, "👍\0"]) {
    assert.equal(toEmoji(other), undefined, other);
  }
});
