// Tests of a scope while it is being changed.
import { expect, test } from "vitest";
import { draftOf, moved, scopeOf } from "./scope-draft";

const scope = {
  rules: [
    {
      effect: "allow" as const,
      subject: "10.0.0.0/8",
      note: null,
      from: "2026-11-01T00:00:30Z",
      until: null,
    },
    { effect: "deny" as const, subject: "10.0.0.1", note: "old", from: null, until: null },
  ],
  authorisation: {
    authorised_by: "Ines",
    ticket: null,
    valid_from: null,
    valid_until: "2027-05-01T00:00:00Z",
  },
};

test("what is not touched stays as it was, to the second", () => {
  expect(scopeOf(draftOf(scope), scope)).toEqual(scope);
});

test("a moment that is written is that of one's own time zone", () => {
  const draft = draftOf({ rules: [], authorisation: null });
  const leave = { authorised_by: " Ines ", ticket: "", valid_from: "2026-12-01T08:30", valid_until: "" };

  expect(scopeOf({ ...draft, leave }, { rules: [] }).authorisation).toEqual({
    authorised_by: "Ines",
    ticket: null,
    valid_from: new Date(2026, 11, 1, 8, 30).toISOString(),
    valid_until: null,
  });
});

test("a rule moves past its neighbour and not past the end", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"]);
  expect(moved(["a", "b", "c"], 2, 1)).toEqual(["a", "b", "c"]);
});
