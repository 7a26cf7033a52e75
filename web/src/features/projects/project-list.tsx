// All projects: what each is for, what it may touch, and how much there is of it.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { projectsQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { scanStates } from "@/api/words";
import { number } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button, LinkButton } from "@/ui/button";
import { PartsBar } from "@/ui/chart";
import { Empty } from "@/ui/empty";
import { Card, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time, useNow } from "@/ui/time";
import { leaveOf, rulesInWords } from "./leave";
import { ProjectDialog } from "./project-dialog";
import { newestScansQuery } from "./queries";

export function ProjectList() {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const scans = useQuery(newestScansQuery).data?.items;
  const [isNew, setNew] = useState(false);
  const navigate = useNavigate();
  const refusal = useRefusal("projects");
  const add = (
    <Button
      look="primary"
      reason={refusal}
      icon={<Plus size={16} aria-hidden />}
      onClick={() => setNew(true)}
    >
      New project
    </Button>
  );
  return (
    <Page title="Projects" actions={add}>
      <Card flush>
        {projects.length === 0 ? (
          <Empty title="No project yet" action={add}>
            A project holds targets, says what may be scanned and by whose leave, and keeps its scans
            together.
          </Empty>
        ) : (
          <Table
            label="Projects"
            head={
              <>
                <Head>Project</Head>
                <Head>May be scanned</Head>
                <Head right>Targets</Head>
                <Head right>Scans</Head>
                <Head>Scans by state</Head>
                <Head>Changed</Head>
                <Head />
              </>
            }
          >
            {projects.map((project) => (
              <ProjectRow
                key={project.id}
                project={project}
                scans={scans?.filter(({ project_id }) => project_id === project.id)}
              />
            ))}
          </Table>
        )}
      </Card>
      {isNew && (
        <ProjectDialog
          onClose={() => setNew(false)}
          onDone={({ name }) => navigate({ to: "/projects/$project/targets", params: { project: name } })}
        />
      )}
    </Page>
  );
}

function ProjectRow({
  project,
  scans,
}: {
  project: Schemas["ProjectBody"];
  scans: Schemas["Scan"][] | undefined;
}) {
  const params = { project: project.name };
  return (
    <tr>
      <Cell className="min-w-48">
        <Link to="/projects/$project" params={params} className="link foreign font-medium">
          {project.name}
        </Link>
        {project.description && (
          <p className="foreign line-clamp-2 max-w-prose text-muted">{project.description}</p>
        )}
      </Cell>
      <Cell className="min-w-56">
        <ScopeInWords scope={project.scope} />
      </Cell>
      <Cell right>
        <Link to="/projects/$project/targets" params={params} className="hover:underline">
          {number(project.targets)}
        </Link>
      </Cell>
      <Cell right>
        <Link to="/projects/$project" params={params} className="hover:underline">
          {number(project.scans)}
        </Link>
      </Cell>
      <Cell className="min-w-44">{scans && scans.length > 0 && <ByState scans={scans} />}</Cell>
      <Cell>
        <Time at={project.updated_at} />
      </Cell>
      <Cell right>
        <LinkButton small to="/new-scan" search={{ project: project.name }}>
          New scan<span className="sr-only"> of {project.name}</span>
        </LinkButton>
      </Cell>
    </tr>
  );
}

const fills: Record<Schemas["ScanState"], string> = {
  running: "--color-fill-running",
  completed: "--color-fill-up",
  partial: "--color-fill-timed_out",
  failed: "--color-fill-failed",
  cancelled: "--color-fill-cancelled",
  paused: "--color-fill-excluded",
  queued: "--color-fill-down",
  created: "--color-fill-pending",
};

/** How many scans are in each state; of very many, the newest are counted. */
function ByState({ scans }: { scans: Schemas["Scan"][] }) {
  const states = Object.keys(fills) as Schemas["ScanState"][];
  const parts = states.map((state) => ({
    name: scanStates[state].name,
    value: scans.filter(({ status }) => status === state).length,
    colour: fills[state],
  }));
  return <PartsBar label="Scans by state" parts={parts} />;
}

export function ScopeInWords({ scope }: { scope: Schemas["Scope"] }) {
  const leave = leaveOf(scope, useNow());
  return (
    <span className="flex flex-wrap items-center gap-2">
      <span className="foreign">{rulesInWords(scope)}</span>
      {leave && (
        <Badge tone={leave.tone} title={leave.says}>
          <span className="max-w-48 truncate">{leave.says}</span>
        </Badge>
      )}
    </span>
  );
}
