// Writes all that is found into a file, page after page, and can be stopped.
import { useRef, useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { number, percent } from "@/lib/numbers";
import { saveFile } from "@/lib/save";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { complain, say } from "@/ui/toast";
import { csvHeader, csvOf } from "./csv";
import type { Sought } from "./queries";

type Form = "csv" | "jsonl";

const forms: Record<
  Form,
  { name: string; type: string; begin: string; write: (asset: Schemas["AssetBody"]) => string }
> = {
  csv: { name: "CSV, a row per port", type: "text/csv", begin: csvHeader, write: csvOf },
  jsonl: {
    name: "JSON lines, a host per line",
    type: "application/x-ndjson",
    begin: "",
    write: (asset) => `${JSON.stringify(asset)}\n`,
  },
};

/** Hosts that are asked for at a time. */
const atOnce = 500;

export function DownloadFound({ sought, total }: { sought: Sought; total: number | null }) {
  const [written, setWritten] = useState<number>();
  const stop = useRef<AbortController>(undefined);
  async function download(form: Form) {
    const controller = new AbortController();
    stop.current = controller;
    setWritten(0);
    try {
      const parts = await collect(sought, form, controller.signal, setWritten);
      saveFile(new Blob(parts, { type: forms[form].type }), `hosts-${sought.project}.${form}`);
      say("The file is written.");
    } catch (error) {
      if (!controller.signal.aborted) complain(error);
    }
    setWritten(undefined);
  }
  return (
    <>
      <Menu label="Download">
        {(Object.keys(forms) as Form[]).map((form) => (
          <MenuItem
            key={form}
            reason={total === 0 ? "nothing is found" : undefined}
            onClick={() => void download(form)}
          >
            {forms[form].name}
          </MenuItem>
        ))}
      </Menu>
      {written !== undefined && (
        <Dialog title="Writing a file" onClose={() => stop.current?.abort()}>
          <p role="status">
            {number(written)}{" "}
            {total === null ? "hosts" : `of ${number(total)} hosts, ${percent(written / total)}`}
          </p>
          {total !== null && (
            <div
              role="progressbar"
              aria-label="Hosts written"
              aria-valuemin={0}
              aria-valuemax={total}
              aria-valuenow={written}
              className="h-3 overflow-hidden rounded-full bg-raised"
            >
              <div
                className="h-full bg-accent"
                style={{ width: percent(written / total).replace(" ", "") }}
              />
            </div>
          )}
          <footer className="flex justify-end">
            <Button
              onClick={() => {
                stop.current?.abort();
                setWritten(undefined);
              }}
            >
              Stop
            </Button>
          </footer>
        </Dialog>
      )}
    </>
  );
}

/** The pieces of the file. A page becomes one piece, so that the whole is never one string. */
async function collect(
  sought: Sought,
  form: Form,
  signal: AbortSignal,
  tell: (written: number) => void,
): Promise<BlobPart[]> {
  const { begin, write } = forms[form];
  const parts: BlobPart[] = [begin];
  let cursor: string | undefined;
  let written = 0;
  do {
    const query = { ...sought, cursor, limit: atOnce };
    const page = await answer(api.GET("/search", { params: { query }, signal }));
    parts.push(new Blob(page.hosts.map(write)));
    written += page.hosts.length;
    tell(written);
    cursor = page.next_cursor ?? undefined;
  } while (cursor);
  return parts;
}
