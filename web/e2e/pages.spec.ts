// Every page in both themes and on a telephone: accessible, quiet, and no wider than the screen.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";
import { expect, signIn, test } from "./given";
import { furnished, lively } from "./lab";
import { places } from "./places";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

test("every page is accessible in both themes and fits a telephone", async ({ page, server }) => {
  test.setTimeout(540_000);
  await signIn(page, server);
  const targets = lively()
    .slice(0, 6)
    .map(({ address }) => address);
  const things = await furnished(page, server, targets, "-sS -sV -p 21-23,25,53,80,110,143,443,3306");
  const faults: string[] = [];
  for (const place of places(things)) {
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await opened(page, server.url + place);
      for (const fault of await serious(page)) faults.push(`${place}, ${theme}: ${fault}`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await opened(page, server.url + place);
    const excess = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    if (excess > 0) faults.push(`${place}: ${excess} pixels wider than a telephone`);
    await page.setViewportSize({ width: 1400, height: 900 });
  }
  expect(faults).toEqual([]);
});

test("the pages outside are accessible too", async ({ page, server }) => {
  for (const place of ["/sign-in", "/setup?token=none"]) {
    for (const theme of ["light", "dark"] as const) {
      await page.emulateMedia({ colorScheme: theme });
      await opened(page, server.url + place);
      expect(await serious(page), `${place}, ${theme}`).toEqual([]);
    }
  }
});

/** Opens a page and waits until it has said what it has to say. */
async function opened(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page.getByText("Loading …")).toHaveCount(0);
  await expect(page.getByRole("alert").filter({ hasText: "Try again" })).toHaveCount(0);
}

/** What axe finds that is serious or worse. */
async function serious(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    interface Violation {
      id: string;
      impact: string | null;
      nodes: { target: string[]; failureSummary?: string }[];
    }
    const { axe } = window as unknown as {
      axe: { run: (root: Document, options: object) => Promise<{ violations: Violation[] }> };
    };
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
    return violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(
        ({ id, nodes }) =>
          `${id}: ${nodes
            .map(({ target }) => target.join(" "))
            .slice(0, 4)
            .join(" | ")}`,
      );
  });
}
