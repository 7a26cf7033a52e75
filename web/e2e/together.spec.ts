// Two people watch one scan, and the server is killed under them.
import type { Page } from "@playwright/test";
import { ask, expect, signIn, test, watched } from "./given";
import { ended } from "./lab";

test("two browsers see the same, and come back after the server was killed", async ({
  page,
  server,
  browser,
}) => {
  await signIn(page, server);
  const context = await browser.newContext();
  const other = await context.newPage();
  const wrong = watched(other);
  await signIn(other, server);
  await ask(page, server, "POST", "/projects", { name: "lab" });
  await ask(page, server, "PUT", "/projects/lab/scope", {
    rules: [{ effect: "allow", subject: "10.77.0.0/25" }],
  });
  const scan = await ask<{ id: string }>(page, server, "POST", "/scans", {
    project: "lab",
    targets: ["10.77.0.0/27"],
    options: "-sS -Pn -p 1-150 --max-rate 80",
    configuration: { batch_size: 4, concurrency: 2 },
    start: true,
  });
  for (const one of [page, other]) {
    await one.goto(`${server.url}/scans/${scan.id}`);
    await expect(one.getByText("Live", { exact: true })).toBeVisible();
  }

  // What one does, the other sees without doing anything.
  await page.getByRole("button", { name: "Pause" }).click();
  for (const one of [page, other])
    await expect(one.getByRole("main").getByText("Paused", { exact: true }).first()).toBeVisible();
  await other.getByRole("button", { name: "Resume" }).click();
  // Whoever has not pressed it knows from the server alone.
  await expect(page.getByRole("button", { name: "Pause" })).toBeVisible();
  for (const one of [page, other])
    await expect(one.getByRole("main").getByText("Running", { exact: true }).first()).toBeVisible();

  await server.kill();
  for (const one of [page, other]) await expect(one.getByText(/Reconnecting/).first()).toBeVisible();
  await server.start();
  for (const one of [page, other]) await expect(one.getByText(/^(Live|All is here)$/).first()).toBeVisible();

  expect(await ended(page, server, scan.id)).toMatch(/completed|partial/);
  for (const one of [page, other]) await expect(one.getByText("All is here").first()).toBeVisible();
  await expect(async () => expect(await seen(page)).toEqual(await seen(other))).toPass({ timeout: 30_000 });

  // Neither has missed an event, nor seen one twice.
  const stored = await ask<{ items: { event: string }[] }>(
    page,
    server,
    "GET",
    `/scans/${scan.id}/events?limit=1000`,
  );
  const told = stored.items.filter(({ event }) => event !== "progress").length;
  for (const one of [page, other]) {
    await one.goto(`${server.url}/scans/${scan.id}/log`);
    await expect(one.getByText(/All is here/).first()).toBeVisible();
    await expect(one.getByText(`${told} lines`, { exact: true })).toBeVisible();
  }
  expect(wrong).toEqual([]);
  await context.close();
});

/** What a dashboard says in figures. */
async function seen(page: Page): Promise<Record<string, string>> {
  const words = ["Hosts up", "Open ports", "Batches over", "Progress"];
  const found: Record<string, string> = {};
  for (const word of words) {
    const figure = page
      .getByRole("main")
      .getByText(word, { exact: true })
      .first()
      .locator("xpath=following-sibling::p[1]");
    found[word] = (await figure.textContent()) ?? "";
  }
  return found;
}
