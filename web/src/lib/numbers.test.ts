// Tests of how numbers are written.
import { expect, test } from "vitest";
import { counted, duration, percent, size } from "./numbers";

test("a duration has its two largest units", () => {
  expect([340, 12_400, 64_000, 3_840_000, 90_061_000, 3_600_000].map(duration)).toEqual([
    "340 ms",
    "12 s",
    "1 min 4 s",
    "1 h 4 min",
    "1 d 1 h",
    "1 h",
  ]);
});

test("a percentage says neither all nor nothing too early", () => {
  expect([0, 0.0001, 0.5, 0.9999, 1].map(percent)).toEqual(["0 %", "1 %", "50 %", "99 %", "100 %"]);
});

test("sizes have binary units", () => {
  expect([0, 512, 1536, 157_286_400].map(size)).toEqual(["0 B", "512 B", "1.5 KiB", "150 MiB"]);
});

test("a count agrees with its noun", () => {
  expect([counted(1, "host"), counted(1200, "host"), counted(2, "address", "addresses")]).toEqual([
    "1 host",
    "1,200 hosts",
    "2 addresses",
  ]);
});
