// What runs in a project: what its hosts have most in common, as pictures that lead to the hosts.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Schemas } from "@/api/client";
import { number } from "@/lib/numbers";
import { LinkButton } from "@/ui/button";
import { Bars } from "@/ui/chart";
import { Empty, Waiting } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card, Figure, Page } from "@/ui/page";
import { facetNames, valuesOf } from "./facets";
import { facetsQuery } from "./queries";
import { type FacetField, facetFields, termOf, toggled } from "./query-terms";
import { SearchBox } from "./search-box";

export function ServicesPage({
  project,
  query,
  saved,
  picker,
  onSeek,
}: {
  project: string;
  query: string;
  saved: Schemas["SavedSearchBody"][];
  picker: ReactNode;
  onSeek: (query: string) => void;
}) {
  const navigate = useNavigate();
  const { data, error } = useQuery(facetsQuery(project, query || undefined));
  // A saved search stands alone: whoever narrows it down goes on with what it means.
  const meant = saved.find(({ name }) => query === `@${name}`)?.query ?? query;
  const open = (field: FacetField, value: string) =>
    void navigate({ to: "/hosts", search: { project, q: toggled(meant, termOf(field, value)) } });
  return (
    <Page
      title="Services"
      actions={
        <>
          {picker}
          <LinkButton to="/hosts" search={{ project, q: query || undefined }}>
            Show the hosts
          </LinkButton>
        </>
      }
    >
      <SearchBox
        key={`${project} ${query}`}
        label="Of which hosts"
        query={query}
        pointer="/q"
        error={error}
        known={valuesOf(data?.facets ?? [])}
        saved={saved.map(({ name, query: means }) => ({ text: name, note: means }))}
        onSearch={onSeek}
      />
      {error ? null : !data ? (
        <Waiting what="Counting" />
      ) : data.total === 0 ? (
        <NoHosts project={project} isFiltered={query !== ""} />
      ) : (
        <>
          <Totals data={data} />
          <div className="grid min-w-0 items-start gap-4 md:grid-cols-2 2xl:grid-cols-3">
            {facetFields.map((field) => (
              <FacetCard
                key={field}
                field={field}
                values={data.facets.find((facet) => facet.field === field)?.values ?? []}
                onPick={(value) => open(field, value)}
              />
            ))}
          </div>
        </>
      )}
    </Page>
  );
}

function Totals({ data: { facets, total } }: { data: { facets: Schemas["FacetBody"][]; total: number } }) {
  const most = 20;
  const kinds = (field: FacetField) => {
    const count = facets.find((facet) => facet.field === field)?.values.length ?? 0;
    return count >= most ? `${most} or more` : String(count);
  };
  return (
    <Card>
      <div className="flex flex-wrap gap-x-10 gap-y-3">
        <Figure name="Hosts">{number(total)}</Figure>
        <Figure name="Different open ports">{kinds("port")}</Figure>
        <Figure name="Different services">{kinds("service")}</Figure>
        <Figure name="Different products">{kinds("product")}</Figure>
        <Figure name="Networks">{kinds("net")}</Figure>
      </div>
    </Card>
  );
}

function FacetCard({
  field,
  values,
  onPick,
}: {
  field: FacetField;
  values: Schemas["FacetCount"][];
  onPick: (value: string) => void;
}) {
  return (
    <Card title={facetNames[field]}>
      {values.length === 0 ? (
        <p className="text-muted">{unknown[field]}</p>
      ) : (
        <Bars
          label={`${facetNames[field]}, by hosts`}
          bars={values.map(({ value, count }) => ({
            name: value,
            value: count,
            shown: <Foreign text={value} most={60} />,
            onPick: () => onPick(value),
          }))}
        />
      )}
    </Card>
  );
}

/** Why there may be nothing. */
const unknown: Record<FacetField, string> = {
  port: "No open port is known.",
  service: "No service is known.",
  product: "No product is known. The option -sV asks services what they are.",
  os: "No operating system is known. The option -O looks for it.",
  vendor: "No vendor is known. It is seen only of machines on the same network.",
  net: "No network is known.",
};

function NoHosts({ project, isFiltered }: { project: string; isFiltered: boolean }) {
  return isFiltered ? (
    <Empty title="No host fits">Ports are open ones. The help has examples.</Empty>
  ) : (
    <Empty
      title="No hosts are known yet"
      action={
        <LinkButton to="/new-scan" search={{ project }} look="primary">
          Start a scan
        </LinkButton>
      }
    >
      What runs in this project stands here as soon as a scan has found hosts.
    </Empty>
  );
}
