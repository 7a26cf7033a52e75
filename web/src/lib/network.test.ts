// Tests of networks.
import { expect, test } from "vitest";
import { covering, isWithin, lastOf, networkOf, parsedNetwork } from "./network";

test("an address is in the network of each length", () => {
  expect([32, 24, 22, 8, 0].map((prefix) => networkOf("192.0.2.77", prefix))).toEqual([
    "192.0.2.77/32",
    "192.0.2.0/24",
    "192.0.0.0/22",
    "192.0.0.0/8",
    "0.0.0.0/0",
  ]);
  expect([128, 64, 32, 0].map((prefix) => networkOf("2001:db8:0:7::a:0", prefix))).toEqual([
    "2001:db8:0:7::a:0/128",
    "2001:db8:0:7::/64",
    "2001:db8::/32",
    "::/0",
  ]);
  expect(networkOf("::1", 128)).toBe("::1/128");
});

test("a range is covered by the smallest network that holds it", () => {
  expect(covering("192.0.2.3-192.0.2.9")).toBe("192.0.2.0/28");
  expect(covering("192.0.2.7-192.0.2.7")).toBe("192.0.2.7/32");
  expect(covering("10.0.0.0-10.255.255.255")).toBe("10.0.0.0/8");
  expect(covering("192.0.2.9")).toBe("192.0.2.9/32");
  expect(covering("192.0.2.9/24")).toBe("192.0.2.0/24");
  expect(covering("mail.example.com")).toBeUndefined();
});

test("what is no network is not taken for one", () => {
  for (const text of ["", "192.0.2.0/33", "192.0.2/24", "192.0.2.0/-1", "1::2::3/64", "a-b", "192.0.2.0/x"])
    expect(parsedNetwork(text)).toBeUndefined();
});

test("a network ends with its last address", () => {
  expect([lastOf("192.0.2.0", 24), lastOf("192.0.2.9", 32), lastOf("2001:db8::", 64)]).toEqual([
    "192.0.2.255",
    "192.0.2.9",
    "2001:db8::ffff:ffff:ffff:ffff",
  ]);
});

test("an address is in a range, a network, or is the one", () => {
  const within = [
    ["10.0.0.9", "10.0.0.1-10.0.0.9"],
    ["10.0.0.10", "10.0.0.0/24"],
    ["10.0.1.0", "10.0.1.0"],
    ["10.0.1.0", "0.0.0.0/0"],
    ["2001:db8::1", "2001:db8::/64"],
    ["fe80::1%eth0", "fe80::1"],
  ] as const;
  const outside = [
    ["10.0.0.10", "10.0.0.1-10.0.0.9"],
    ["10.0.1.0", "10.0.0.0/24"],
    ["10.0.0.1", "::/0"],
    ["2001:db8:1::1", "2001:db8::-2001:db8::ffff"],
    ["example.com", "0.0.0.0/0"],
  ] as const;

  expect(within.filter(([address, range]) => !isWithin(address, range))).toEqual([]);
  expect(outside.filter(([address, range]) => isWithin(address, range))).toEqual([]);
});

test("zeros at the end of a group are not those that are left out", () => {
  const same = ["fe80::1", "::", "::1", "2001:db8::", "1:0:2::3", "2001:db8:1:10:0:0:20:30"];

  expect(same.map((address) => networkOf(address, 128))).toEqual([
    "fe80::1/128",
    "::/128",
    "::1/128",
    "2001:db8::/128",
    "1:0:2::3/128",
    "2001:db8:1:10::20:30/128",
  ]);
});
