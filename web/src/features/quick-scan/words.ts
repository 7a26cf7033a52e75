// A line of options as words, and a text of targets as a list.

/** Words with blanks between them; quotes hold words together, as in a shell. */
export function wordsOf(line: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (const character of line) {
    if (quote) {
      if (character === quote) quote = "";
      else word += character;
    } else if (character === '"' || character === "'") {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  return word === undefined ? words : [...words, word];
}

/** One entry for each line that holds something: the server parts what stands on it. */
export function targetsOf(text: string): string[] {
  return text.split("\n").filter((line) => line.trim() !== "");
}
