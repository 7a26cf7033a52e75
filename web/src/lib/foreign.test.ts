// Tests of how foreign text is shown.
import { expect, test } from "vitest";
import { onOneLine, visible } from "./foreign";

test("what steers terminals and directions is shown as a sign", () => {
  expect(visible("\u001b[31mred\u0007")).toBe("␛[31mred␇");
  expect(visible("a\u202egnp.exe")).toBe("a⟨U+202E⟩gnp.exe");
  expect(visible("zero\u200bwidth\ufeff")).toBe("zero⟨U+200B⟩width⟨U+FEFF⟩");
  expect(visible("\u009b2J")).toBe("⟨U+009B⟩2J");
});

test("half a character is shown as a sign and whole ones stay", () => {
  expect(visible("\ud83d")).toBe("⟨U+D83D⟩");
  expect(visible("grün 🛰 漢字")).toBe("grün 🛰 漢字");
});

test("lines stay in blocks and go from single lines", () => {
  expect(visible("a\r\n\tb")).toBe("a\n\tb");
  expect(onOneLine("a\r\n\tb")).toBe("a b");
});
