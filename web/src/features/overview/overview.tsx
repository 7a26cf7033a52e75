// What goes on, what ended and how, what is known, and what to do next.
import { useQueries, useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { FolderPlus, Radar, Upload } from "lucide-react";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { projectsQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { scanStates } from "@/api/words";
import { counted, number } from "@/lib/numbers";
import { LinkButton } from "@/ui/button";
import { PartsBar } from "@/ui/chart";
import { Empty } from "@/ui/empty";
import { Card, Figure, Page } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { Known } from "./known";
import { activeQuery, difficultQuery, endedQuery, statusQuery, unstartedQuery } from "./queries";
import { Waits } from "./waits";

type Scan = Schemas["Scan"];
/** How a list of scans is shown. */
export type ShowScans = (scans: Scan[], label: string) => ReactNode;

/** Of so many projects and scans the overview asks one by one. */
const mostAsked = 12;

export function Overview({ showScans }: { showScans: ShowScans }) {
  const { data: projects } = useSuspenseQuery(projectsQuery);
  const scans = projects.reduce((sum, project) => sum + project.scans, 0);
  if (projects.length === 0 || scans === 0) return <FirstSteps projects={projects} />;
  return (
    <Page
      title="Overview"
      actions={
        <LinkButton look="primary" to="/new-scan" icon={<Radar size={16} aria-hidden />}>
          New scan
        </LinkButton>
      }
    >
      <Figures projects={projects} scans={scans} />
      <div className="grid items-start gap-4 2xl:grid-cols-[minmax(0,3fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-4">
          <Underway showScans={showScans} />
          <Ended showScans={showScans} />
        </div>
        <Known projects={[...projects].sort((a, b) => b.scans - a.scans).slice(0, mostAsked)} />
      </div>
    </Page>
  );
}

function Figures({ projects, scans }: { projects: Schemas["ProjectBody"][]; scans: number }) {
  const active = useQuery(activeQuery).data?.items ?? [];
  const difficult = useQueries({
    queries: projects
      .filter((project) => project.scans > 0)
      .slice(0, mostAsked)
      .map(({ name }) => difficultQuery(name)),
  }).flatMap(({ data }) => data ?? []);
  const resisting = difficult.reduce((sum, { count }) => sum + count, 0);
  const isMore = difficult.some((one) => one.isMore);
  const worst = difficult.toSorted((a, b) => b.count - a.count)[0];
  const running = active.filter(({ status }) => status === "running").length;
  const targets = projects.reduce((sum, project) => sum + project.targets, 0);
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 xl:grid-cols-6">
      <Tile>
        <Figure name="Scans that run">{number(running)}</Figure>
      </Tile>
      <Tile>
        <Figure name="Queued or paused">{number(active.length - running)}</Figure>
      </Tile>
      <Tile>
        <Figure
          name="Difficult targets"
          note={
            worst &&
            worst.count > 0 && (
              <Link to="/difficult-targets" search={{ project: worst.project }} className="link">
                {worst.project}
              </Link>
            )
          }
        >
          {number(resisting)}
          {isMore && "+"}
        </Figure>
      </Tile>
      <Tile>
        <Figure name="Projects">
          <Link to="/projects" className="hover:underline">
            {number(projects.length)}
          </Link>
        </Figure>
      </Tile>
      <Tile>
        <Figure name="Targets">{number(targets)}</Figure>
      </Tile>
      <Tile>
        <Figure name="Scans">
          <Link to="/scans" className="hover:underline">
            {number(scans)}
          </Link>
        </Figure>
      </Tile>
    </div>
  );
}

function Tile({ children }: { children: ReactNode }) {
  return <div className="min-w-0 rounded-lg border border-line bg-surface px-4 py-3">{children}</div>;
}

function Underway({ showScans }: { showScans: ShowScans }) {
  const active = useQuery(activeQuery);
  const unstarted = useQuery(unstartedQuery);
  const scans = active.data?.items ?? [];
  const statuses = useQueries({
    queries: scans.slice(0, mostAsked).map(({ id }) => statusQuery(id)),
  }).flatMap(({ data }) => data ?? []);
  const made = unstarted.data?.items ?? [];
  return (
    <>
      <Card title="Running now" flush>
        {active.error && !active.data ? (
          <Trouble error={active.error} retry={() => void active.refetch()} />
        ) : scans.length > 0 ? (
          showScans(scans, "Scans that run")
        ) : (
          <Empty
            title={active.data ? "Nothing runs" : "Looking"}
            action={
              <>
                <LinkButton to="/new-scan">New scan</LinkButton>
                <LinkButton to="/quick-scan">Quick scan</LinkButton>
              </>
            }
          />
        )}
      </Card>
      <Waits scans={scans} statuses={statuses} unstarted={made} />
    </>
  );
}

const endings = ["completed", "partial", "failed", "cancelled"] as const;
const fills: Record<(typeof endings)[number], string> = {
  completed: "--color-fill-up",
  partial: "--color-fill-timed_out",
  failed: "--color-fill-failed",
  cancelled: "--color-fill-cancelled",
};

function Ended({ showScans }: { showScans: ShowScans }) {
  const { data } = useQuery(endedQuery);
  const scans = data?.items ?? [];
  if (scans.length === 0) return null;
  const latest = scans
    .toSorted((a, b) => (b.completed_at ?? "").localeCompare(a.completed_at ?? ""))
    .slice(0, 6);
  return (
    <Card
      title="Ended lately"
      actions={
        <LinkButton small to="/scans">
          All scans
        </LinkButton>
      }
      flush
    >
      <div className="p-4">
        <PartsBar
          label={`How the last ${counted(scans.length, "scan")} ended`}
          parts={endings.map((status) => ({
            name: scanStates[status].name,
            value: scans.filter((scan) => scan.status === status).length,
            colour: fills[status],
          }))}
        />
      </div>
      {showScans(latest, "Scans that ended lately")}
    </Card>
  );
}

/** For whoever has scanned nothing yet: what comes first. */
function FirstSteps({ projects }: { projects: Schemas["ProjectBody"][] }) {
  const mayScan = useRefusal("scan");
  const project = projects[0];
  const steps = [
    {
      title: "Make a project",
      says: "It keeps targets, scans and what they find together.",
      isDone: projects.length > 0,
      action: (
        <LinkButton look="primary" to="/projects" icon={<FolderPlus size={16} aria-hidden />}>
          Make a project
        </LinkButton>
      ),
    },
    {
      title: "Say what may be scanned",
      says: "Its scope allows and denies, and says who gave leave. Without rules everything is allowed.",
      isDone: projects.some(({ scope }) => scope.rules.length > 0 || scope.authorisation),
      action: project && (
        <LinkButton to="/projects/$project/scope" params={{ project: project.name }}>
          Open the scope
        </LinkButton>
      ),
    },
    {
      title: "Scan",
      says: "The wizard shows what targets amount to and what it will cost before anything is sent.",
      isDone: false,
      action: project && (
        <LinkButton look="primary" to="/new-scan" icon={<Radar size={16} aria-hidden />}>
          New scan
        </LinkButton>
      ),
    },
    {
      title: "Or take in what you have",
      says: "Results of nmap and masscan become a scan like any other.",
      isDone: false,
      action: project && (
        <LinkButton to="/import" icon={<Upload size={16} aria-hidden />}>
          Import
        </LinkButton>
      ),
    },
  ];
  return (
    <Page title="Overview">
      {mayScan && (
        <p className="text-muted">Nothing was scanned yet, and {mayScan}. Ask an operator to begin.</p>
      )}
      <ol className="grid gap-4 md:grid-cols-2 xl:grid-cols-4">
        {steps.map(({ title, says, isDone, action }, index) => (
          <li key={title} className="flex flex-col gap-2 rounded-lg border border-line bg-surface p-5">
            <span
              aria-hidden
              className="num grid size-8 place-items-center rounded-full bg-accent-soft font-semibold text-accent"
            >
              {isDone ? "✓" : index + 1}
            </span>
            <h2 className="text-base font-semibold">
              {title}
              {isDone && <span className="sr-only"> (done)</span>}
            </h2>
            <p className="grow text-muted">{says}</p>
            {!mayScan && action && <div>{action}</div>}
          </li>
        ))}
      </ol>
    </Page>
  );
}
