// Text from scanned hosts, made harmless to look at: what would steer a terminal or turn text around is
// shown as a sign.

/** Control characters have pictures of their own (Unicode block 2400). */
function picture(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** C0 but tab and line feed, DEL, C1; then what has no width, steers direction, or is no character. */
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]|[\u{e0000}-\u{e007f}]/gu;

/** The text with everything that cannot be seen shown as a sign. */
export function visible(text: string): string {
  return text.replace(/\r\n/g, "\n").replace(unseen, picture);
}

/** The text on one line. */
export function onOneLine(text: string): string {
  return visible(text).replace(/[\n\t]+/g, " ");
}
