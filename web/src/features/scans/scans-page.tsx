// All scans, newest first, narrowed by project, state and name.
import { useQuery, useSuspenseInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { projectsQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { scanStates } from "@/api/words";
import { Button, LinkButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { SelectField, TextField } from "@/ui/field";
import { Card, Page } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { type ScanFilter, scansQuery } from "./queries";
import { ScanList } from "./scan-list";

export function ScansPage({
  filter,
  onFilter,
}: {
  filter: ScanFilter;
  onFilter: (filter: ScanFilter) => void;
}) {
  const scans = useSuspenseInfiniteQuery(scansQuery(filter));
  const all = scans.data.pages.flatMap(({ items }) => items);
  const refusal = useRefusal("scan");
  const isNarrowed = Boolean(filter.project || filter.status || filter.name);
  const begin: ReactNode = refusal ? (
    <Button look="primary" reason={refusal}>
      New scan
    </Button>
  ) : (
    <LinkButton look="primary" to="/new-scan" search={{ project: filter.project }}>
      New scan
    </LinkButton>
  );
  return (
    <Page title="Scans" actions={begin}>
      <Card flush>
        <Filters filter={filter} onFilter={onFilter} />
        {all.length > 0 && <ScanList scans={all} />}
        {all.length === 0 && isNarrowed && (
          <Empty title="No scan fits" action={<Button onClick={() => onFilter({})}>Show all scans</Button>}>
            None of the scans is of this project, in this state and called like this.
          </Empty>
        )}
        {all.length === 0 && !isNarrowed && (
          <Empty title="There is no scan yet" action={begin}>
            Say what to scan and how. You see what it will cost before it starts.
          </Empty>
        )}
        {scans.hasNextPage && (
          <p className="border-t border-line p-3 text-center">
            <Button busy={scans.isFetchingNextPage} onClick={() => scans.fetchNextPage()}>
              Show more
            </Button>
          </p>
        )}
      </Card>
    </Page>
  );
}

function Filters({ filter, onFilter }: { filter: ScanFilter; onFilter: (filter: ScanFilter) => void }) {
  const { data: projects } = useQuery(projectsQuery);
  const named = projects?.some(({ name }) => name === filter.project);
  return (
    <form
      role="search"
      aria-label="Narrow the scans"
      className="flex flex-wrap items-end gap-3 border-b border-line p-3"
      onSubmit={submitting((form) =>
        onFilter({ ...filter, name: String(form.get("name") ?? "") || undefined }),
      )}
    >
      <SelectField
        label="Project"
        value={filter.project ?? ""}
        onChange={(event) => onFilter({ ...filter, project: event.target.value || undefined })}
      >
        <option value="">All</option>
        {filter.project && !named && (
          <option value={filter.project}>
            {projects?.find(({ id }) => id === filter.project)?.name ?? filter.project}
          </option>
        )}
        {projects?.map(({ id, name }) => (
          <option key={id} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="State"
        value={filter.status ?? ""}
        onChange={(event) => onFilter({ ...filter, status: event.target.value || undefined })}
      >
        <option value="">All</option>
        <option value="created,queued,running,paused">Not ended</option>
        {Object.entries(scanStates).map(([state, { name }]) => (
          <option key={state} value={state}>
            {name}
          </option>
        ))}
      </SelectField>
      <TextField key={filter.name} label="Name" name="name" type="search" defaultValue={filter.name} />
      <Button type="submit">Find</Button>
    </form>
  );
}
