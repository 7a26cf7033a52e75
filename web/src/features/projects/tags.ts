// Tags as people write them.

/** The words in a text with commas between them, each once. */
export function wordsOf(text: string): string[] {
  const words = text.split(",").map((word) => word.trim());
  return [...new Set(words.filter(Boolean))];
}

/** The tags of a target after some were put on it and some taken off. */
export function retagged(tags: string[], on: string[], off: string[]): string[] {
  return [...new Set([...tags, ...on])].filter((tag) => !off.includes(tag));
}
