// What a scan found, as files, and what it did not reach, as a list for the next scan.
import { Download as DownloadIcon } from "lucide-react";
import { href, mark, problemOf } from "@/api/client";
import { Refused } from "@/api/problem";
import { saveFile, saveText } from "@/lib/save";
import { Menu, MenuDownload, MenuItem } from "@/ui/menu";
import { complain, say } from "@/ui/toast";
import type { Scan } from "./queries";
import { restOf } from "./rest";

const formats: { format: string; name: string }[] = [
  { format: "json", name: "JSON" },
  { format: "jsonl", name: "JSON lines" },
  { format: "csv", name: "CSV" },
  { format: "xlsx", name: "Excel" },
  { format: "xml", name: "nmap XML" },
  { format: "gnmap", name: "nmap greppable" },
  { format: "txt", name: "Text" },
  { format: "md", name: "Markdown" },
  { format: "html", name: "HTML" },
  { format: "sarif", name: "SARIF" },
  { format: "table", name: "Table" },
];

export function Exports({ scan }: { scan: Scan }) {
  return (
    <Menu label="Export" icon={<DownloadIcon size={14} aria-hidden />}>
      <Heading>Results</Heading>
      {formats.map(({ format, name }) => (
        <MenuDownload key={format} href={href(`/scans/${scan.id}/results`, { format })}>
          {name}
        </MenuDownload>
      ))}
      <Heading>Report</Heading>
      <MenuDownload href={href(`/scans/${scan.id}/report`, { format: "html" })}>
        Report as a page
      </MenuDownload>
      <MenuDownload href={href(`/scans/${scan.id}/report`, { format: "md" })}>
        Report as Markdown
      </MenuDownload>
      <MenuItem onClick={() => fetchPdf(scan)}>Report as PDF</MenuItem>
      <Heading>Rest</Heading>
      <MenuItem onClick={() => saveRest(scan)}>Addresses not scanned</MenuItem>
    </Menu>
  );
}

function Heading({ children }: { children: string }) {
  return <p className="px-3 pt-2 pb-1 text-xs font-medium text-muted">{children}</p>;
}

/** A server without Chromium refuses this with a reason, which a plain link could not show. */
async function fetchPdf(scan: Scan) {
  say("The report is being printed; that may take a while.");
  try {
    const response = await fetch(href(`/scans/${scan.id}/report`, { format: "pdf" }), { headers: mark });
    if (!response.ok) throw new Refused(problemOf(await response.json().catch(() => undefined), response));
    saveFile(await response.blob(), `scan-${scan.number}.pdf`);
  } catch (error) {
    complain(error);
  }
}

export async function saveRest(scan: Pick<Scan, "id" | "number">) {
  try {
    const lines = await restOf(scan.id);
    if (lines.length === 0) return say("Nothing is left over: every address was scanned.");
    saveText(`${lines.join("\n")}\n`, `scan-${scan.number}-rest.txt`);
  } catch (error) {
    complain(error);
  }
}
