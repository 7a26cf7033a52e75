// Tests of whether an address lies in a range.
import { expect, test } from "vitest";
import { isWithin } from "./ranges";

test("an address lies in a range, a network, or is the one", () => {
  expect(isWithin("10.0.0.9", "10.0.0.1-10.0.0.9")).toBe(true);
  expect(isWithin("10.0.0.10", "10.0.0.1-10.0.0.9")).toBe(false);
  expect(isWithin("10.0.0.10", "10.0.0.0/24")).toBe(true);
  expect(isWithin("10.0.1.0", "10.0.0.0/24")).toBe(false);
  expect(isWithin("10.0.1.0", "10.0.1.0")).toBe(true);
  expect(isWithin("10.0.1.0", "0.0.0.0/0")).toBe(true);
});

test("IPv6 is understood in its short forms", () => {
  expect(isWithin("2001:db8::1", "2001:db8::/64")).toBe(true);
  expect(isWithin("fe80::1%eth0", "fe80::1")).toBe(true);
  expect(isWithin("::ffff:10.0.0.1", "::ffff:a00:1")).toBe(true);
  expect(isWithin("10.0.0.1", "::/0")).toBe(false);
  expect(isWithin("2001:db8:1::1", "2001:db8::-2001:db8::ffff")).toBe(false);
});

test("what is no address lies nowhere", () => {
  expect(isWithin("example.com", "0.0.0.0/0")).toBe(false);
  expect(isWithin("1:2:3", "::/0")).toBe(false);
});
