// Tests of how the scope of a project is told.
import { expect, test } from "vitest";
import { leaveOf, rulesInWords } from "./leave";

const by = { authorised_by: "Ines", valid_from: "2026-11-01T00:00:00Z", valid_until: "2026-12-01T00:00:00Z" };
const at = (moment: string) => leaveOf({ rules: [], authorisation: by }, Date.parse(moment));

test("an authorisation holds from its beginning until before its end", () => {
  expect(at("2026-10-31T23:59:59Z")?.isShut).toBe(true);
  expect(at("2026-11-01T00:00:00Z")?.says).toBe("Allowed by Ines");
  expect(at("2026-12-01T00:00:00Z")?.says).toBe("No longer allowed");
  expect(leaveOf({ rules: [] }, 0)).toBeUndefined();
});

test("rules are told by what they allow and how many deny", () => {
  const allow = (subject: string) => ({ effect: "allow" as const, subject });
  const deny = { effect: "deny" as const, subject: "10.0.0.1" };

  expect(rulesInWords({ rules: [] })).toBe("Everything");
  expect(rulesInWords({ rules: [allow("a"), allow("b"), allow("c"), deny] })).toBe(
    "Only a, b and 1 more, but 1 denied",
  );
});
