// What every walk begins with: a server of its own, somebody who is signed in, and an eye on the browser.
import { test as base, expect, type Page } from "@playwright/test";
import { Server, user } from "./server";

interface Given {
  /** A server with a first user. */
  server: Server;
  /** A page on which nothing may go wrong unseen. */
  page: Page;
}

export const test = base.extend<Given>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the pattern.
  server: async ({}, use) => {
    const server = new Server();
    await server.start();
    await server.setUp();
    await use(server);
    await server.remove();
  },
  page: async ({ page }, use) => {
    const wrong = watched(page);
    await use(page);
    expect(wrong).toEqual([]);
  },
});

/** A refusal is an answer, and Chromium writes it down all the same; so is a server that is being restarted. */
const expected =
  /Failed to load resource: (the server responded with a status of 4\d\d|net::ERR_CONNECTION_REFUSED|net::ERR_EMPTY_RESPONSE|net::ERR_CONNECTION_RESET)|WebSocket connection to .* failed/;

/** Everything that goes wrong in a page: errors, what the policy refused, scripts of others that ran. */
export function watched(page: Page): string[] {
  const wrong: string[] = [];
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("console", (message) => {
    const text = message.text();
    const counts = message.type() === "error" || /Content.Security.Policy/i.test(text);
    if (counts && !expected.test(text)) wrong.push(`${message.type()}: ${text} (${message.location().url})`);
  });
  page.on("request", (request) => {
    const { protocol, hostname } = new URL(request.url());
    const isOurs = hostname === "127.0.0.1" || protocol === "data:" || protocol === "blob:";
    if (!isOurs) wrong.push(`request: ${request.url()}`);
  });
  return wrong;
}

/** Signs in by the page, as people do. */
export async function signIn(page: Page, server: Server, next = "/"): Promise<void> {
  await page.goto(`${server.url}/sign-in?next=${encodeURIComponent(next)}`);
  await page.getByLabel("User").fill(user.name);
  await page.getByLabel("Password").fill(user.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
}

/** Asks the API as the one who is signed in on the page. */
export async function ask<T>(
  page: Page,
  server: Server,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const answer = await page.request.fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { "X-Netscan": "1", Origin: server.url },
    ...(body === undefined ? {} : { data: body }),
  });
  expect(answer.ok(), `${method} ${path}: ${answer.status()} ${await answer.text()}`).toBe(true);
  return (await answer.json()) as T;
}

export { expect };
