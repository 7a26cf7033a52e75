// The attempts at the batches of a scan: what was started, how it ended, what it left.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { outcomes } from "@/api/words";
import { counted, number } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { type Column, LongTable } from "@/ui/long-table";
import { Card } from "@/ui/page";
import { Time } from "@/ui/time";
import { Trouble } from "@/ui/trouble";
import { AttemptDialog } from "./attempt-dialog";
import { type Attempt, attemptsQuery } from "./queries";
import { Outcome } from "./state";
import { Took } from "./trials";

/** `failed` is every outcome but the two good ones. */
export type OutcomeFilter = Attempt["outcome"] | "failed";

export interface AttemptsView {
  outcome?: OutcomeFilter | undefined;
  /** The one whose details are shown. */
  attempt?: string | undefined;
}

function fits(outcome: Attempt["outcome"], filter: OutcomeFilter | undefined): boolean {
  if (filter === "failed") return outcome !== "succeeded" && outcome !== "running";
  return filter === undefined || outcome === filter;
}

export function AttemptsPage({
  id,
  view,
  onView,
}: {
  id: string;
  view: AttemptsView;
  onView: (changes: Partial<AttemptsView>) => void;
}) {
  const query = useInfiniteQuery(attemptsQuery(id));
  const { data, hasNextPage, isFetching, fetchNextPage } = query;
  const all = useMemo(() => data?.pages.flatMap(({ items }) => items) ?? [], [data]);
  const shown = useMemo(() => all.filter(({ outcome }) => fits(outcome, view.outcome)), [all, view.outcome]);
  const picked = all.find(({ id: attempt }) => attempt === view.attempt);
  // What is picked out has to be looked for in all of them.
  const isSearching = hasNextPage && (view.outcome !== undefined || (view.attempt !== undefined && !picked));
  useEffect(() => {
    if (isSearching && !isFetching) void fetchNextPage();
  }, [isSearching, isFetching, fetchNextPage]);
  const count = shown.length + (hasNextPage && !view.outcome ? 12 : 0);
  return (
    <Card
      title={hasNextPage ? "Attempts" : `Attempts (${number(shown.length)})`}
      flush
      actions={
        <SelectField
          label="Outcome"
          bare
          value={view.outcome ?? ""}
          onChange={({ target }) =>
            onView({ outcome: (target.value || undefined) as OutcomeFilter | undefined })
          }
        >
          <option value="">With every outcome</option>
          <option value="failed">Failed in any way</option>
          {Object.entries(outcomes).map(([outcome, { name }]) => (
            <option key={outcome} value={outcome}>
              {name}
            </option>
          ))}
        </SelectField>
      }
    >
      {isSearching && (
        <p role="status" className="px-4 py-2 text-muted">
          {counted(all.length, "attempt")} looked through …
        </p>
      )}
      {query.error ? (
        <Trouble error={query.error} retry={query.refetch} />
      ) : !data ? (
        <Waiting what="Reading the attempts" />
      ) : count > 0 ? (
        <LongTable
          label="Attempts"
          columns={columns}
          count={count}
          row={(index) => shown[index]}
          rowKey={({ id: attempt }) => attempt}
          onSeen={(_, end) => end > shown.length && hasNextPage && !isFetching && void fetchNextPage()}
          onOpen={({ id: attempt }) => onView({ attempt })}
        />
      ) : (
        !isSearching && (
          <Empty
            title={view.outcome ? "No attempt ended like this" : "Nothing has been tried yet"}
            action={
              view.outcome && (
                <Button onClick={() => onView({ outcome: undefined })}>Show all attempts</Button>
              )
            }
          >
            {!view.outcome && "An attempt appears when a worker takes the first batch."}
          </Empty>
        )
      )}
      {picked && <AttemptDialog scan={id} attempt={picked} onClose={() => onView({ attempt: undefined })} />}
    </Card>
  );
}

const columns: Column<Attempt>[] = [
  { name: "Batch", width: "5rem", right: true, cell: ({ batch_number }) => number(batch_number) },
  { name: "Attempt", width: "5rem", right: true, cell: ({ number: nth }) => nth },
  { name: "Outcome", width: "7.5rem", cell: ({ outcome }) => <Outcome outcome={outcome} /> },
  { name: "Began", width: "9rem", cell: ({ started_at }) => <Time at={started_at} /> },
  { name: "Took", width: "7rem", right: true, cell: (attempt) => <Took attempt={attempt} /> },
  { name: "Worker", width: "minmax(6rem,1fr)", cell: ({ worker }) => <Foreign text={worker} /> },
  { name: "Why", width: "minmax(10rem,3fr)", cell: ({ reason }) => <Foreign text={reason} /> },
];
