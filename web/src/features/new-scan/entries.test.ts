// Tests of how a text of targets is taken apart.
import { expect, test } from "vitest";
import { entriesOf, isOfAddresses, placeOf, without } from "./entries";

test("blanks, commas and lines part targets, and comments are none", () => {
  const { targets, excludes } = entriesOf(
    "10.0.0.1,10.0.0.5\thost.lan # the rest\r\n!10.0.0.9, a.lan\n\n# no",
  );

  expect(targets).toEqual(["10.0.0.1", "10.0.0.5", "host.lan", "a.lan"]);
  expect(excludes).toEqual(["10.0.0.9"]);
});

test("a comma within an octet belongs to it", () => {
  expect(entriesOf("10.0.0-3.1,5 10.1,2.0.1 !10.0.0.1,2").targets).toEqual(["10.0.0-3.1,5", "10.1,2.0.1"]);
  expect(entriesOf("!10.0.0.1,2").excludes).toEqual(["10.0.0.1,2"]);
});

test("a target is told once", () => {
  expect(entriesOf("a.lan a.lan\na.lan").targets).toEqual(["a.lan"]);
});

test("addresses are told from names", () => {
  const addresses = [
    "10.0.0.1",
    "10.0.0.0/8",
    "10.0.0-3.1,5",
    "2001:db8::/64",
    "fe80::1%eth0",
    "10.0.0.1-10.0.0.9",
  ];
  const names = ["a.lan", "https://10.0.0.1/", "mara@example.com", "host-[1-3].lan", "cafe"];

  expect(addresses.filter((one) => !isOfAddresses(one))).toEqual([]);
  expect(names.filter(isOfAddresses)).toEqual([]);
});

test("a place is found behind characters of any width", () => {
  expect(placeOf("a\n😀 bad", 2, 3)).toBe(5);
});

test("what cannot be read goes, and the rest stays as it was written", () => {
  const text = "a.lan 01.0.0.1\n10.0.0.1/33,b.lan\nc.lan";
  const rejected = [
    { line: 1, column: 7, text: "01.0.0.1" },
    { line: 2, column: 1, text: "10.0.0.1/33" },
  ];

  expect(without(text, rejected)).toBe("a.lan\nb.lan\nc.lan");
});
