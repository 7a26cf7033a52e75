// A quick scan: a few targets, scanned while one waits, with nmap's own words as the answer.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Square, Zap } from "lucide-react";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { usualProject } from "@/api/projects";
import { useRefusal, useSession } from "@/api/session";
import { duration } from "@/lib/numbers";
import { Button, Spinner } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Empty } from "@/ui/empty";
import { SelectField, TextArea, TextField } from "@/ui/field";
import { Card, Page } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { useNow } from "@/ui/time";
import { complain, say } from "@/ui/toast";
import { Answer } from "./answer";
import { targetsOf, wordsOf } from "./words";

/** What the form begins with: it is in the page's address, so that it can be sent to somebody. */
export interface Asked {
  project?: string | undefined;
  flags?: string | undefined;
  targets?: string | undefined;
}

export function QuickScan({
  asked,
  projects,
  onAsk,
}: {
  asked: Asked;
  projects: Schemas["ProjectBody"][];
  /** Keeps what was asked in the address. */
  onAsk: (asked: Asked) => void;
}) {
  const client = useQueryClient();
  const refusal = useRefusal("scan");
  const [since, setSince] = useState(0);
  const run = useMutation({
    mutationFn: (form: Asked) => {
      setSince(Date.now());
      const body = {
        nmap_flags: wordsOf(form.flags ?? ""),
        targets: targetsOf(form.targets ?? ""),
        project: form.project ?? null,
      };
      return answer(api.POST("/nmap/run", { body }));
    },
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: ["scans"] }),
        client.invalidateQueries({ queryKey: ["projects"] }),
      ]),
  });
  function go(form: FormData) {
    const text = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    const next = { project: text("project"), flags: text("flags"), targets: text("targets") };
    onAsk(next);
    run.mutate(next);
  }
  const refused = refusalOf(run.error);
  const project = asked.project ?? usualProject;
  return (
    <Page title="Quick scan">
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
        <Card title="What to ask nmap">
          <form onSubmit={submitting(go)} className="flex flex-col gap-4">
            <TextArea
              label="Targets"
              name="targets"
              required
              rows={3}
              className="font-mono"
              placeholder="192.0.2.1 host.example.com"
              hint="256 addresses at most"
              defaultValue={asked.targets}
              error={refused?.field("/targets")}
            />
            <TextField
              label="Nmap's options"
              name="flags"
              className="font-mono"
              placeholder="-sV -F"
              hint="As on its command line; without any, the 1,000 most common ports with versions"
              defaultValue={asked.flags}
              error={refused?.field("/nmap_flags")}
            />
            <SelectField
              label="Project"
              name="project"
              hint="Its scope holds, and it keeps the scan"
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
            <Complaint text={unplaced(run.error, ["/targets", "/nmap_flags", "/project"])} />
            <div>
              <Button
                look="primary"
                type="submit"
                icon={<Zap size={16} aria-hidden />}
                busy={run.isPending}
                reason={refusal}
              >
                Scan and wait
              </Button>
            </div>
          </form>
        </Card>
        {run.isPending ? (
          <Underway since={since} project={run.variables.project ?? project} />
        ) : run.data ? (
          <Answer result={run.data} />
        ) : (
          <Card>
            <Empty title="Nothing was scanned yet">
              The answer appears here as nmap gives it, within ten minutes. For more than a few addresses, or
              to come back later, make a new scan.
            </Empty>
          </Card>
        )}
      </div>
    </Page>
  );
}

/** Time goes by, and one may have had enough of it. */
function Underway({ since, project }: { since: number; project: string }) {
  const now = useNow();
  const session = useSession();
  const [isEnding, setEnding] = useState(false);
  async function end() {
    setEnding(true);
    try {
      const ended = await endNewest(project, session);
      if (ended) say("The scan is being stopped; what it found until now comes in a moment");
      else setEnding(false);
      if (!ended) complain("It has not begun or is over already.");
    } catch (error) {
      setEnding(false);
      complain(error);
    }
  }
  return (
    <Card>
      <div className="flex flex-col items-center gap-4 py-10">
        <p role="status" className="flex items-center gap-2 font-medium">
          <Spinner /> Nmap is at work
        </p>
        <p className="num text-2xl font-semibold" aria-live="off">
          {duration(Math.max(1_000, now - since))}
        </p>
        <Button
          look="danger"
          busy={isEnding}
          icon={<Square size={14} aria-hidden />}
          onClick={() => void end()}
        >
          Stop it
        </Button>
        <p className="max-w-prose text-center text-muted">
          What was found until then is shown. It goes on if you leave this page, and is among the scans of{" "}
          {project}.
        </p>
      </div>
    </Card>
  );
}

/** The answer names the scan, but comes at its end: until then it is one's newest of that name. */
async function endNewest(project: string, session: Schemas["SessionBody"]): Promise<boolean> {
  const owner = session.user ? `user:${session.user.name}` : undefined;
  const query = { project, name: "quick", status: "running,queued", owner, limit: 20 };
  const { items } = await answer(api.GET("/scans", { params: { query } }));
  const scan = items.find(({ name }) => name === "quick");
  if (!scan) return false;
  await answer(api.POST("/scans/{id}/stop", { params: { path: { id: scan.id } } }));
  return true;
}
