/** What may follow a command. */
export interface Completion {
  /** The command: "", "rooms", "rooms list". */
  path: string;
  words: readonly Word[];
  options: readonly Word[];
}

interface Word {
  word: string;
  about: string;
}

/** Each shell's script. It asks nobody: what may follow stands in it. */
export const shells = { bash, zsh, fish };

function bash(completions: readonly Completion[]): string {
  const cases = completions.map(({ path, words, options }) => {
    const all = [...words, ...options].map((it) => it.word).join(" ");
    return `    "${path}") words="${all}" ;;`;
  });
  return `# Completion of aether for bash.
_aether() {
  local at="" words="" word i
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
    case "$at\${at:+ }$word" in
      ${paths(completions)}) at="$at\${at:+ }$word" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _aether aether
`;
}

function zsh(completions: readonly Completion[]): string {
  const cases = completions.map(({ path, words, options }) => {
    const items = [...words, ...options].map(({ word, about }) =>
      quoted(`${word.replaceAll(":", "\\:")}${about ? `:${about}` : ""}`),
    );
    return `    ${quoted(path)}) items=(${items.join(" ")}) ;;`;
  });
  return `#compdef aether
_aether() {
  local at="" word
  local -a items
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$at\${at:+ }$word" in
      ${paths(completions)}) at="$at\${at:+ }$word" ;;
    esac
  done
  case "$at" in
${cases.join("\n")}
  esac
  _describe 'aether' items
}
compdef _aether aether
`;
}

function fish(completions: readonly Completion[]): string {
  const lines = completions.flatMap(({ path, words, options }) => {
    const here = `complete -c aether -n ${quoted(`__aether_at ${path}`.trim())}`;
    return [
      ...words.map(({ word, about }) => `${here} -a ${quoted(word)} -d ${quoted(about)}`),
      ...options.map(
        ({ word, about }) => `${here} -l ${quoted(word.slice(2))} -d ${quoted(about)}`,
      ),
    ];
  });
  const known = completions.filter((it) => it.path).map((it) => quoted(it.path));
  return `# Completion of aether for fish.
function __aether_at
  set -l at
  for word in (commandline -opc)[2..-1]
    if contains -- (string trim "$at $word") ${known.join(" ")}
      set at $at $word
    end
  end
  test "$at" = "$argv"
end
complete -c aether -f
${lines.join("\n")}
`;
}

function paths(completions: readonly Completion[]): string {
  return completions
    .filter((it) => it.path)
    .map((it) => `"${it.path}"`)
    .join(" | ");
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
