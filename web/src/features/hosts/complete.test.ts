// Tests of what is offered where the cursor is.
import { expect, test } from "vitest";
import { accept, columnOf, complete } from "./complete";

const known = {
  product: [
    { text: "Apache httpd", note: "3" },
    { text: "nginx", note: "2" },
  ],
};
const saved = [{ text: "telnet", note: "service:telnet" }];

function offered(text: string) {
  return complete(text, text.length, known, saved)?.suggestions.map((one) => one.text);
}

test("a beginning is completed to fields", () => {
  expect(offered("os:linux pro")).toEqual(["protocol:", "product:"]);
  expect(offered("-ve")).toEqual(["version:", "vendor:"]);
});

test("behind a field its known values are offered, quoted where they must be", () => {
  expect(offered("product:ap")).toEqual(['"Apache httpd" ']);
  expect(offered("product:x,ng")).toEqual(["nginx "]);
  expect(offered("protocol:u")).toEqual(["udp "]);
});

test("saved searches are offered behind @", () => {
  expect(offered("@te")).toEqual(["@telnet"]);
});

test("within quotes nothing is offered", () => {
  expect(offered('title:"pro')).toBeUndefined();
});

test("a suggestion takes the place of what was begun", () => {
  const text = "product:ap os:linux";
  const completion = complete(text, 10, known, saved);

  expect(completion && accept(text, completion, { text: '"Apache httpd" ' })).toEqual([
    'product:"Apache httpd" os:linux',
    23,
  ]);
});

test("a refusal names its place", () => {
  expect(columnOf('column 10: there is no field "prot"')).toBe(9);
  expect(columnOf("names no saved search")).toBeUndefined();
});
