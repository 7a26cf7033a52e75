// Certificates, as nmap's script `ssl-cert` tells of them.
import type { Schemas } from "@/api/client";

type Node = Schemas["ScriptNode"];

export interface Certificate {
  subject: Name[];
  issuer: Name[];
  isOwn: boolean;
  alternatives: string[];
  key: string;
  signature: string;
  from: string | undefined;
  until: string | undefined;
}

export type Name = [key: string, value: string];

/** The certificate in what `ssl-cert` said, if there is one. */
export function certificateOf(data: Node[]): Certificate | undefined {
  const subject = namesIn(data, "subject");
  const issuer = namesIn(data, "issuer");
  const validity = tableOf(data, "validity");
  if (subject.length + issuer.length + validity.length === 0) return undefined;
  return {
    subject,
    issuer,
    isOwn: subject.length > 0 && JSON.stringify(subject) === JSON.stringify(issuer),
    alternatives: alternatives(tableOf(data, "extensions")),
    key: [textOf(tableOf(data, "pubkey"), "type"), textOf(tableOf(data, "pubkey"), "bits")]
      .filter(Boolean)
      .join(" "),
    signature: textOf(data, "sig_algo") ?? "",
    from: moment(textOf(validity, "notBefore")),
    until: moment(textOf(validity, "notAfter")),
  };
}

const day = 86_400_000;

/** How a certificate stands on a day: what to say of it, and whether that is bad. */
export function expiryOf(
  { from, until }: Certificate,
  now: number,
): { tone: "good" | "slow" | "bad"; says: string } | undefined {
  if (from && Date.parse(from) > now) return { tone: "slow", says: "not valid yet" };
  if (!until) return undefined;
  const days = Math.floor((Date.parse(until) - now) / day);
  if (days < 0) return { tone: "bad", says: days === -1 ? "expired yesterday" : `expired ${-days} days ago` };
  if (days <= 30) return { tone: "slow", says: days === 0 ? "expires today" : `expires in ${days} days` };
  return { tone: "good", says: "valid" };
}

function tableOf(nodes: Node[], key: string): Node[] {
  const node = nodes.find((one) => one.key === key);
  return node && "table" in node ? node.table : [];
}

function textOf(nodes: Node[], key: string): string | undefined {
  const node = nodes.find((one) => one.key === key);
  return node && "text" in node ? node.text : undefined;
}

function namesIn(data: Node[], key: string): Name[] {
  return tableOf(data, key).flatMap((node): Name[] => ("text" in node ? [[node.key ?? "", node.text]] : []));
}

function alternatives(extensions: Node[]): string[] {
  for (const extension of extensions) {
    if (!("table" in extension)) continue;
    if (!textOf(extension.table, "name")?.includes("Subject Alternative Name")) continue;
    return (textOf(extension.table, "value") ?? "")
      .split(/,\s*/)
      .map((name) => name.replace(/^(DNS|IP Address):/, ""))
      .filter(Boolean);
  }
  return [];
}

/** nmap writes `2026-11-21T08:00:00`, in UTC, and some versions a zone behind that. */
function moment(text: string | undefined): string | undefined {
  const begin = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(text ?? "")?.[0];
  return begin && !Number.isNaN(Date.parse(`${begin}Z`)) ? `${begin}Z` : undefined;
}
