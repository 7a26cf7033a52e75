// What the lab holds, and a scan of a part of it.
import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { ask, expect } from "./given";
import type { Things } from "./places";
import type { Server } from "./server";

interface Truth {
  networks: string[];
  survey: { tcp: string };
  hosts: { address: string; state: string; manner: string; tcp: { open: { port: number }[] } }[];
}

export function truth(): Truth {
  const place = process.env.LAB_TRUTH;
  if (!place) throw new Error("these walks run in a lab: `make test` makes one");
  return JSON.parse(readFileSync(place, "utf8")) as Truth;
}

/** Hosts with open ports that answer at once. */
export function lively(): Truth["hosts"] {
  return truth().hosts.filter(
    ({ manner, tcp, address }) => manner === "ordinary" && tcp.open.length > 0 && !address.includes(":"),
  );
}

const over = ["completed", "partial", "failed", "cancelled"];

/** Waits until a scan has ended, and gives the state in which it did. */
export async function ended(page: Page, server: Server, scan: string): Promise<string> {
  let state = "";
  await expect
    .poll(
      async () => {
        state = (await ask<{ status: string }>(page, server, "GET", `/scans/${scan}/status`)).status;
        return over.includes(state);
      },
      { timeout: 180_000, intervals: [250] },
    )
    .toBe(true);
  return state;
}

/** A project with a scan that has ended, a template and a saved search: something for every page. */
export async function furnished(
  page: Page,
  server: Server,
  targets: string[],
  options: string,
): Promise<Things> {
  const scope = { rules: ["10.77.0.0/16", "127.0.0.0/8"].map((subject) => ({ effect: "allow", subject })) };
  await ask(page, server, "POST", "/projects", { name: "lab", description: "Hosts that may be scanned" });
  await ask(page, server, "PUT", "/projects/lab/scope", scope);
  await ask(page, server, "POST", "/projects/lab/targets", { targets, tags: ["known"] });
  await ask(page, server, "PUT", "/projects/lab/searches/web", { query: "service:http" });
  const body = "name: Sweep\ntargets: [10.77.0.0/29]\nprofile: quick\n";
  const template = await made(page, server, body);
  const scan = await ask<{ id: string }>(page, server, "POST", "/scans", {
    project: "lab",
    name: "first look",
    targets,
    options,
    configuration: { batch_size: 8 },
    start: true,
  });
  expect(await ended(page, server, scan.id)).toMatch(/completed|partial/);
  const hosts = await ask<{ items: { id: string; address: string; status: string }[] }>(
    page,
    server,
    "GET",
    `/scans/${scan.id}/hosts?open=true`,
  );
  const host = hosts.items[0];
  if (!host) throw new Error("the scan found no host with an open port");
  return { project: "lab", scan: scan.id, host: host.id, address: host.address, template };
}

/** A template of that text; its id. */
async function made(page: Page, server: Server, body: string): Promise<string> {
  return (await ask<{ id: string }>(page, server, "POST", "/templates", { name: "sweep", body })).id;
}
