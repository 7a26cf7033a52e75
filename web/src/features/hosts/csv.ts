// Hosts as rows for spreadsheets (RFC 4180), a row per port: the columns that the server writes too.
import type { Schemas } from "@/api/client";
import { visible } from "@/lib/foreign";

const header = [
  "address",
  "hostname",
  "status",
  "mac",
  "vendor",
  "os",
  "protocol",
  "port",
  "state",
  "reason",
  "service",
  "tunnel",
  "product",
  "version",
  "extra_info",
  "cpe",
  "first_seen",
  "last_seen",
  "suspect",
];

export const csvHeader = rowOf(header);

/** The rows of a host: one per port, or a single one when no port is told. */
export function csvOf(asset: Schemas["AssetBody"]): string {
  const host = [
    asset.address,
    (asset.hostnames ?? []).map(({ name }) => name).join(" "),
    asset.status ?? "",
    asset.mac ?? "",
    asset.vendor ?? "",
    asset.os?.[0]?.name ?? "",
  ];
  const end = [asset.first_seen, asset.last_seen, asset.suspect ?? ""];
  const ports = asset.ports ?? [];
  if (ports.length === 0) return rowOf([...host, ...Array(10).fill(""), ...end]);
  return ports.map((port) => rowOf([...host, ...cellsOf(port), ...end])).join("");
}

function cellsOf({ protocol, port, state, reason, service }: Schemas["Port"]): string[] {
  return [
    protocol,
    String(port),
    state,
    reason ?? "",
    service?.name ?? "",
    service?.tunnel ?? "",
    service?.product ?? "",
    service?.version ?? "",
    service?.extra_info ?? "",
    (service?.cpe ?? []).join(" "),
  ];
}

function rowOf(cells: string[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/** A cell. A spreadsheet runs one that begins like a formula, so such a cell gets an apostrophe in front. */
export function cell(text: string): string {
  const isFormula = /^[\t\r\n]|^\s*[=+\-@＝＋－＠]/.test(text);
  const safe = (isFormula ? "'" : "") + visible(text);
  return /[",\n\t; ]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
