// What is known of the hosts: how many each project has, and what stands open on them.
import { useQueries, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { Schemas } from "@/api/client";
import { LinkButton } from "@/ui/button";
import { Bars } from "@/ui/chart";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { knownQuery } from "./queries";

export function Known({ projects }: { projects: Schemas["ProjectBody"][] }) {
  const navigate = useNavigate();
  const scanned = projects.filter(({ scans }) => scans > 0);
  const known = useQueries({ queries: scanned.map(({ name }) => knownQuery(name)) });
  const hosts = scanned
    .map(({ name }, index) => ({ name, count: known[index]?.data?.total ?? 0 }))
    .toSorted((a, b) => b.count - a.count);
  const [first] = hosts;
  return (
    <div className="grid min-w-0 items-start gap-4 md:grid-cols-2 2xl:grid-cols-1">
      <Card title="Known hosts">
        <Bars
          label="Known hosts of each project"
          bars={hosts.map(({ name, count }) => ({
            name,
            value: count,
            shown: <Foreign text={name} most={40} />,
            onPick: () => navigate({ to: "/hosts", search: { project: name } }),
          }))}
        />
      </Card>
      {first && first.count > 0 && <OpenServices project={first.name} />}
    </div>
  );
}

function OpenServices({ project }: { project: string }) {
  const navigate = useNavigate();
  const { data } = useQuery(knownQuery(project));
  const services = data?.facets?.find(({ field }) => field === "service")?.values ?? [];
  if (services.length === 0) return null;
  return (
    <Card
      title={
        <>
          Open in <Foreign text={project} most={40} />
        </>
      }
      actions={
        <LinkButton small to="/services" search={{ project }}>
          All services
        </LinkButton>
      }
    >
      <Bars
        label="Hosts with each service"
        bars={services.slice(0, 10).map(({ value, count }) => ({
          name: value,
          value: count,
          shown: <Foreign text={value} most={40} />,
          onPick: () => navigate({ to: "/hosts", search: { project, q: `service:${quoted(value)}` } }),
        }))}
      />
    </Card>
  );
}

/** A value as the search language takes it, whatever stands in it. */
function quoted(value: string): string {
  return /^[\w.-]+$/.test(value) ? value : `"${value.replace(/[\\"*]/g, "\\$&")}"`;
}
