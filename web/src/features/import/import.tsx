// Takes in what nmap or masscan has found elsewhere, as a scan.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type DragEvent, useEffect, useRef, useState } from "react";
import type { Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { usualProject } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { classes } from "@/lib/classes";
import { counted, number, percent, size } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button, LinkButton } from "@/ui/button";
import { ChooseFile } from "@/ui/choose-file";
import { Complaint } from "@/ui/complaint";
import { SelectField, TextField } from "@/ui/field";
import { Card, Figure, Page } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { type Sending, send } from "./upload";

const formats = [
  { value: "", name: "Told by its first bytes" },
  { value: "nmap-xml", name: "Nmap XML (-oX)" },
  { value: "masscan-xml", name: "Masscan XML (-oX)" },
  { value: "masscan-json", name: "Masscan JSON (-oJ)" },
];

export function Import({
  project: asked,
  projects,
}: {
  project: string | undefined;
  projects: Schemas["ProjectBody"][];
}) {
  const [file, setFile] = useState<File>();
  const [sent, setSent] = useState(0);
  const sending = useRef<Sending>(undefined);
  const client = useQueryClient();
  const refusal = useRefusal("scan");
  const project = asked ?? usualProject;
  const upload = useMutation({
    mutationFn: ({ form, file }: { form: FormData; file: File }) => {
      const text = (name: string) => String(form.get(name) ?? "").trim() || undefined;
      setSent(0);
      const query = {
        project: text("project"),
        name: text("name"),
        notes: text("notes"),
        format: text("format"),
        file: file.name.slice(0, 200),
      };
      sending.current = send(file, query, setSent);
      return sending.current.done;
    },
    onSuccess: () =>
      Promise.all(
        ["scans", "projects", "hosts"].map((noun) => client.invalidateQueries({ queryKey: [noun] })),
      ),
  });
  // Whoever leaves the page ends what is half sent; the server keeps nothing of it.
  useEffect(() => () => sending.current?.abort(), []);
  const isAborted = upload.error instanceof DOMException;
  const refused = refusalOf(upload.error);
  if (upload.data)
    return (
      <Page title="Import">
        <Outcome
          body={upload.data}
          onMore={() => {
            upload.reset();
            setFile(undefined);
          }}
        />
      </Page>
    );
  return (
    <Page title="Import">
      <Card title="Results of nmap or masscan">
        <form
          onSubmit={submitting((form) => file && upload.mutate({ form, file }))}
          className="flex max-w-3xl flex-col gap-5"
        >
          <FilePlace file={file} onFile={setFile} />
          <div className="grid gap-4 sm:grid-cols-2">
            <SelectField
              label="Project"
              name="project"
              defaultValue={project}
              error={refused?.field("/project")}
            >
              {!projects.some(({ name }) => name === project) && <option value={project}>{project}</option>}
              {projects.map(({ id, name }) => (
                <option key={id} value={name}>
                  {name}
                </option>
              ))}
            </SelectField>
            <SelectField label="Form of the file" name="format" error={refused?.field("/format")}>
              {formats.map(({ value, name }) => (
                <option key={value} value={value}>
                  {name}
                </option>
              ))}
            </SelectField>
            <TextField
              label="Name of the scan"
              name="name"
              maxLength={200}
              placeholder={file?.name ?? "the file's name"}
              error={refused?.field("/name")}
            />
            <TextField label="Notes" name="notes" maxLength={10_000} error={refused?.field("/notes")} />
          </div>
          {!isAborted && (
            <Complaint text={unplaced(upload.error, ["/project", "/format", "/name", "/notes"])} />
          )}
          {upload.isPending && file && (
            <SentSoFar sent={sent} whole={file.size} onAbort={() => sending.current?.abort()} />
          )}
          <div>
            <Button
              look="primary"
              type="submit"
              busy={upload.isPending}
              reason={refusal ?? (file ? undefined : "choose a file first")}
            >
              Import
            </Button>
          </div>
        </form>
      </Card>
    </Page>
  );
}

function FilePlace({ file, onFile }: { file: File | undefined; onFile: (file: File) => void }) {
  const [isOver, setOver] = useState(false);
  function drop(event: DragEvent) {
    event.preventDefault();
    setOver(false);
    const dropped = event.dataTransfer.files[0];
    if (dropped) onFile(dropped);
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a place to drop a file on; the button in it does the same.
    <div
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
      className={classes(
        "flex flex-col items-center gap-3 rounded-lg border-2 border-dashed p-8 text-center",
        isOver ? "border-accent bg-accent-soft" : "border-edge",
      )}
    >
      {file ? (
        <p className="foreign">
          <span className="font-semibold">{file.name}</span>, {size(file.size)}
        </p>
      ) : (
        <p className="font-semibold">Drop a file here</p>
      )}
      <p className="max-w-prose text-muted">
        Nmap's XML, or masscan's XML or JSON; packed by gzip or not, of any size. Nothing is scanned.
      </p>
      <ChooseFile label="File to import" onFiles={(files) => files?.[0] && onFile(files[0])}>
        Choose {file ? "another" : "a"} file
      </ChooseFile>
    </div>
  );
}

function SentSoFar({ sent, whole, onAbort }: { sent: number; whole: number; onAbort: () => void }) {
  const part = whole === 0 ? 1 : Math.min(1, sent / whole);
  const isSent = part >= 1;
  return (
    <div className="flex flex-col gap-2">
      <div
        role="progressbar"
        aria-label="Upload"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
        className="h-2.5 overflow-hidden rounded-full bg-raised"
      >
        <div className="h-full rounded-full bg-accent" style={{ width: `${part * 100}%` }} />
      </div>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <p className="num">
          {isSent
            ? "All is sent; the server reads the rest of it"
            : `${size(sent)} of ${size(whole)} sent, ${percent(part)}`}
        </p>
        <Button small look="danger" onClick={onAbort}>
          End the upload
        </Button>
      </div>
    </div>
  );
}

function Outcome({ body, onMore }: { body: Schemas["ImportBody"]; onMore: () => void }) {
  const { scan, hosts, ports, skipped, truncated } = body;
  return (
    <Card title="Imported">
      <div role="status" className="flex flex-col gap-5">
        <p className="foreign">
          It is scan {scan.number} of {scan.project} now{scan.name && `, ${scan.name}`}.
        </p>
        <div className="flex flex-wrap gap-x-8 gap-y-3">
          <Figure name="Hosts">{number(hosts)}</Figure>
          <Figure name="Ports">{number(ports)}</Figure>
          <Figure name="Left out" note="could not be read">
            {number(skipped)}
          </Figure>
        </div>
        {truncated && (
          <p>
            <Badge tone="slow">Partial</Badge> The file was not whole: its end is missing, and so may be
            hosts. What was there is kept.
          </p>
        )}
        {skipped > 0 && (
          <p className="text-muted">
            {counted(skipped, "entry", "entries")} of the file could not be read and{" "}
            {skipped === 1 ? "is" : "are"} not in the scan.
          </p>
        )}
        <div className="flex flex-wrap gap-2">
          <LinkButton look="primary" to="/scans/$scan" params={{ scan: scan.id }}>
            Open the scan
          </LinkButton>
          <LinkButton to="/scans/$scan/hosts" params={{ scan: scan.id }}>
            Show its hosts
          </LinkButton>
          <Button onClick={onMore}>Import another file</Button>
        </div>
      </div>
    </Card>
  );
}
