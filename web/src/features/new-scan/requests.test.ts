// Tests of what the server is asked for.
import { expect, test } from "vitest";
import { blank, type Draft } from "./draft";
import { partsOf } from "./requests";

const draft: Draft = {
  ...blank,
  project: "office",
  text: "10.0.0.0/24 a.lan b.lan !10.0.0.9",
  name: "weekly",
};

test("without stars it is one scan as it was written", () => {
  const [one, ...more] = partsOf({ ...draft, excludes: "10.0.0.7" }, undefined);

  expect(more).toEqual([]);
  expect(one?.body.targets).toEqual(["10.0.0.0/24", "a.lan", "b.lan", "!10.0.0.9"]);
  expect(one?.body.excludes).toEqual(["10.0.0.7"]);
});

test("stars make two scans that share nothing", () => {
  const [urgent, rest] = partsOf(
    { ...draft, stars: ["10.0.0.0/24", "a.lan", "gone.lan"], priority: "low" },
    undefined,
  );

  expect(urgent?.body).toMatchObject({
    name: "weekly (starred)",
    priority: "high",
    targets: ["10.0.0.0/24", "a.lan"],
    excludes: ["10.0.0.9"],
  });
  expect(rest?.body).toMatchObject({
    name: "weekly (rest)",
    priority: "low",
    targets: ["b.lan"],
    excludes: ["10.0.0.9", "10.0.0.0/24"],
  });
});

test("when everything is starred it is one urgent scan", () => {
  const parts = partsOf({ ...draft, text: "a.lan", stars: ["a.lan"] }, undefined);

  expect(parts.map(({ of, body }) => [of, body.priority])).toEqual([["all", "high"]]);
});

test("a tag stars what carries it", () => {
  const inventory = [
    { target: "a.lan", kind: "hostname", tags: ["dmz"], added_at: "" },
    { target: "b.lan", kind: "hostname", tags: [], added_at: "" },
    { target: "!10.0.0.9", kind: "exclude", tags: [], added_at: "" },
  ];

  const parts = partsOf({ ...draft, source: "inventory", starTags: ["dmz"] }, inventory);

  expect(parts.map(({ body }) => [body.targets, body.excludes])).toEqual([
    [["a.lan"], ["10.0.0.9"]],
    [["b.lan"], ["10.0.0.9"]],
  ]);
});

test("limits that were not written are left to the server", () => {
  const [one] = partsOf(
    { ...draft, limits: { concurrency: "4", max_duration: "2h", attempts: " " } },
    undefined,
  );

  expect(one?.body.configuration).toMatchObject({ concurrency: 4, max_duration: "2h", attempts: null });
});

test("masscan stands in the place of discover", () => {
  const parts = partsOf({ ...draft, modules: { masscan: {} } }, undefined);

  expect(parts[0]?.body.modules?.map(({ id }) => id)).toEqual(["nmap", "masscan"]);
});
