// The whole way by the pages alone: from the set-up link to an export, on the lab and with real nmap.
import { test as base, type Page } from "@playwright/test";
import { ask, expect, watched } from "./given";
import { ended, truth } from "./lab";
import { Server, user } from "./server";

/** A server that nobody has set up. */
const test = base.extend<{ server: Server }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern.
  server: async ({}, use) => {
    const server = new Server();
    await server.start();
    await use(server);
    await server.remove();
  },
});

/** With few packets a second, slow enough to be met while it runs. */
const options = "-sS -Pn -p 1-200";

test("one goes from the set-up link to an export", async ({ page, server }) => {
  const wrong = watched(page);
  await setUp(page, server);
  await makeProject(page);
  const scan = await makeScan(page);
  await steer(page);
  await splitABatch(page);
  await stop(page, server, scan);
  await retry(page, server, scan);
  const second = await runAgain(page, server);
  await lookAtResults(page);
  await compare(page, server, scan, second);
  await exportIt(page, server, second);
  expect(wrong).toEqual([]);
});

/** Takes a picture for the documents, when somebody wants them anew: `make pictures`. */
async function picture(page: Page, name: string): Promise<void> {
  const place = process.env.NETSCAN_PICTURES;
  if (!place) return;
  await page.waitForLoadState("networkidle");
  await page.screenshot({ path: `${place}/${name}.png`, animations: "disabled" });
}

async function setUp(page: Page, server: Server): Promise<void> {
  // Whoever comes without the link is asked for its token.
  await page.goto(server.url);
  await expect(page.getByRole("heading", { name: "Make the first user" })).toBeVisible();
  await page.goto(await server.setupLink());
  await page.getByLabel("User").fill(user.name);
  await page.getByLabel("Password").fill("password");
  await page.getByRole("button", { name: "Make the user" }).click();
  await expect(page.getByRole("heading", { name: "Make the first user" })).toBeVisible();
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Make the user" }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
}

async function makeProject(page: Page): Promise<void> {
  const main = page.getByRole("main");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Projects" }).click();
  await main
    .getByRole("button", { name: /new project/i })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("lab");
  await dialog.getByLabel("Description").fill("Hosts that may be scanned");
  await dialog.locator("button[type=submit]").click();
  await expect(page.getByRole("heading", { level: 1, name: "lab" })).toBeVisible();

  await main.getByRole("link", { name: "Scope" }).click();
  await main.getByRole("button", { name: /allow/i }).first().click();
  await main.getByLabel("What it is about").fill("10.77.0.0/25");
  await main.getByRole("button", { name: /^save/i }).click();
  await expect(
    page
      .getByRole("status")
      .getByText(/scope|saved|rules/i)
      .first(),
  ).toBeVisible();
}

async function makeScan(page: Page): Promise<string> {
  const main = page.getByRole("main");
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "New scan" }).click();
  const targets = main.getByLabel("Addresses, networks, ranges, names, URLs");
  await targets.fill("10.77.0.0/27, 10.77.9.9, 10.77.0.300");
  // What cannot be read, and what the project may not touch, is told before anything is made.
  await expect(main.getByText("10.77.0.300").last()).toBeVisible();
  await expect(main.getByText(/out of scope/i).first()).toBeVisible();
  await targets.fill("10.77.0.0/27");
  await main.getByRole("button", { name: "Next" }).click();
  await main.getByRole("button", { name: "Next" }).click();
  await main.getByLabel("Nmap's own options").check();
  await main.getByLabel("Options", { exact: true }).fill("-sS --script http-slowloris-attack-of-mine");
  await expect(
    main.getByRole("alert").filter({ hasText: "http-slowloris-attack-of-mine" }).first(),
  ).toBeVisible();
  await main.getByLabel("Options", { exact: true }).fill(options);
  await main.getByLabel("Batches at a time").fill("2");
  await main.getByLabel("Addresses in a batch").fill("8");
  await main.getByLabel("Packets per second").fill("40");
  await main.getByRole("button", { name: "Next" }).click();
  await expect(main.getByText(/32 addresses|addresses\s*32/i).first()).toBeVisible();
  await picture(page, "plan");
  await main.getByRole("button", { name: "Start now" }).click();
  await page.waitForURL(/\/scans\/[0-9a-f-]{36}/);
  return page.url().match(/[0-9a-f-]{36}/)?.[0] ?? "";
}

/** Watches it live, pauses it and lets it go on. */
async function steer(page: Page): Promise<void> {
  const main = page.getByRole("main");
  await expect(main.getByText("Running", { exact: true }).first()).toBeVisible();
  await expect(main.getByText("Live", { exact: true })).toBeVisible();
  await expect(main.getByRole("heading", { name: "Address space" })).toBeVisible();
  await expect(
    main
      .getByText(/ is up/)
      .or(main.getByText(/^[1-9]\d* of \d+ addresses$/))
      .first(),
  ).toBeVisible();
  await picture(page, "dashboard");
  await main.getByRole("button", { name: "Pause" }).click();
  await expect(main.getByText("Paused", { exact: true }).first()).toBeVisible();
  await main.getByRole("button", { name: "Resume" }).click();
  // A batch that is about to rest still says "Running": the scan itself is meant.
  await expect(main.getByText("Paused", { exact: true })).toHaveCount(0);
  await expect(main.getByText("Running", { exact: true }).first()).toBeVisible();
}

async function splitABatch(page: Page): Promise<void> {
  const main = page.getByRole("main");
  await main.getByRole("link", { name: "Batches" }).click();
  const rows = main.getByRole("table", { name: "Batches" }).getByRole("row");
  const waiting = rows.filter({ hasText: "Waiting" }).last();
  const number = (await waiting.getByRole("cell").nth(1).textContent())?.trim();
  await waiting.getByRole("button", { name: `What to do with batch ${number}` }).click();
  await page.getByRole("button", { name: "Split", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: `Split batch ${number}` });
  await dialog.getByLabel("Addresses in a batch").fill("4");
  await dialog.locator("button[type=submit]").click();
  await expect(rows.filter({ hasText: "Split" }).first()).toBeVisible();
}

async function stop(page: Page, server: Server, scan: string): Promise<void> {
  const main = page.getByRole("main");
  await main.getByRole("link", { name: "Dashboard" }).click();
  await main.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Stop the scan" }).click();
  await expect(main.getByText("Cancelled", { exact: true }).first()).toBeVisible();
  expect(await ended(page, server, scan)).toBe("cancelled");
}

/** What was stopped is taken up again, faster, and comes to its end. */
async function retry(page: Page, server: Server, scan: string): Promise<void> {
  const main = page.getByRole("main");
  await main.getByRole("button", { name: "Retry" }).click();
  await page
    .getByRole("button", { name: /everything|all/i })
    .first()
    .click();
  await expect(main.getByText(/Queued|Running/).first()).toBeVisible();
  await main.getByRole("button", { name: "Limits" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Packets per second").fill("20000");
  await dialog.locator("button[type=submit]").click();
  await expect(dialog).toHaveCount(0);
  expect(await ended(page, server, scan)).toMatch(/completed|partial/);
}

async function runAgain(page: Page, server: Server): Promise<string> {
  const first = page.url();
  const main = page.getByRole("main");
  await main.getByRole("button", { name: "Run again" }).click();
  await page.getByRole("button", { name: "Run again now" }).click();
  await page.waitForURL((url) => url.href !== first && /\/scans\/[0-9a-f-]{36}/.test(url.pathname));
  const scan = page.url().match(/[0-9a-f-]{36}/)?.[0] ?? "";
  expect(await ended(page, server, scan)).toMatch(/completed|partial/);
  await expect(main.getByText(/Completed|Partial/).first()).toBeVisible();
  return scan;
}

async function lookAtResults(page: Page): Promise<void> {
  const main = page.getByRole("main");
  const host = truth().hosts.find(
    ({ address, manner, tcp }) =>
      manner === "ordinary" &&
      tcp.open.some(({ port }) => port <= 200) &&
      /^10\.77\.0\.([12]?\d|3[01])$/.test(address),
  );
  if (!host) throw new Error("the lab of this seed has no such host");
  const port = host.tcp.open.map(({ port }) => port).find((port) => port <= 200) ?? 0;
  await main.getByRole("link", { name: "Hosts", exact: true }).click();
  await main.getByRole("link", { name: host.address, exact: true }).click();
  await expect(main.getByRole("heading", { level: 1 })).toContainText(host.address);
  await picture(page, "host");
  await expect(
    main
      .getByText(`${port}/tcp`)
      .or(main.getByRole("cell", { name: String(port), exact: true }))
      .first(),
  ).toBeVisible();

  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Hosts" }).click();
  const search = main.getByRole("combobox", { name: "Search" });
  await search.fill("prot:tcp");
  await search.press("Enter");
  await expect(main.getByRole("alert").filter({ hasText: "protocol" }).first()).toBeVisible();
  await search.fill("net:10.77.0.0/27 ports>0");
  await search.press("Enter");
  await expect(main.getByRole("link", { name: host.address, exact: true })).toBeVisible();
  await picture(page, "hosts");
  await search.fill(`port:${port} net:10.77.0.0/27`);
  await search.press("Enter");
  await expect(main.getByRole("link", { name: host.address, exact: true })).toBeVisible();
}

async function compare(page: Page, server: Server, from: string, to: string): Promise<void> {
  const main = page.getByRole("main");
  await page.goto(`${server.url}/compare?project=lab&from=${from}&to=${to}`);
  await expect(main.getByLabel("From")).toHaveValue(from);
  await expect(main.getByLabel("To")).toHaveValue(to);
  const { summary } = await ask<{ summary: Record<string, number> }>(
    page,
    server,
    "GET",
    `/scans/${to}/diff?against=${from}`,
  );
  await expect(main.getByText("Not scanned").first()).toBeVisible();
  // Hosts that are suspect have a sentence of their own, when there are any.
  const { suspect, ...shown } = summary;
  expect(suspect).toBe(0);
  for (const [kind, count] of Object.entries(shown)) {
    const name = new RegExp(
      `${kind.replace("_", " ")}\\D*${count}|${count}\\D*${kind.replace("_", " ")}`,
      "i",
    );
    await expect(main.getByText(name).or(main.getByRole("button", { name })).first(), kind).toBeVisible();
  }
}

async function exportIt(page: Page, server: Server, scan: string): Promise<void> {
  await page.goto(`${server.url}/scans/${scan}`);
  for (const [name, begin] of [
    ["CSV", "address"],
    ["nmap XML", "<?xml"],
    ["JSON lines", "{"],
  ] as const) {
    await page.getByRole("button", { name: "Export", exact: true }).click();
    const [file] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("link", { name, exact: true }).click(),
    ]);
    const chunks: Buffer[] = [];
    for await (const chunk of await file.createReadStream()) chunks.push(chunk as Buffer);
    expect(Buffer.concat(chunks).toString("utf8").slice(0, 200), name).toContain(begin);
  }
}
