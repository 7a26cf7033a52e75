// Addresses that resisted: why, and what to do about them.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type ReactNode, useCallback, useMemo, useState } from "react";
import { useRefusal } from "@/api/session";
import { coverageStates } from "@/api/words";
import { onOneLine } from "@/lib/foreign";
import { counted, number } from "@/lib/numbers";
import { saveText } from "@/lib/save";
import { Button } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField } from "@/ui/field";
import { Card, Page } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { DifficultTable } from "./difficult-table";
import { addressCount, type Filter, fitting, keyOf, rangesOf, reasonsOf, textOf } from "./filter";
import { Quarantine, QuarantineThese } from "./quarantine";
import { type Difficult, difficultQuery } from "./queries";
import { RetryScan } from "./retry-scan";

export interface Asked extends Filter {
  scan?: string | undefined;
}

/** What an address of a page may hold. */
const longestTargets = 100_000;

export function DifficultPage({
  project,
  asked,
  picker,
  onAsk,
}: {
  project: string;
  asked: Asked;
  picker: ReactNode;
  onAsk: (change: Asked) => void;
}) {
  const query = useInfiniteQuery(difficultQuery(project, asked.scan));
  const all = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  return (
    <Page title="Difficult targets" actions={picker}>
      <p className="max-w-prose text-muted">
        Addresses that timed out or failed, and so were not scanned to the end. The newest scans come first.
      </p>
      {query.error ? (
        <Trouble error={query.error} retry={() => void query.refetch()} />
      ) : query.isPending ? (
        <Waiting />
      ) : (
        <>
          <Filters all={all} asked={asked} onAsk={onAsk} />
          {asked.scan && <RetryScan scan={asked.scan} count={addressCount(all)} />}
          <List
            key={`${project} ${asked.scan} ${asked.state} ${asked.reason}`}
            project={project}
            shown={fitting(all, asked)}
            isFiltered={Boolean(asked.scan || asked.state || asked.reason)}
            onAll={() => onAsk({ scan: undefined, state: undefined, reason: undefined })}
          />
          {query.hasNextPage && (
            <p className="flex items-center gap-3">
              <Button busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
                Show more
              </Button>
              <span className="text-muted">
                The first {number(all.length)} entries are here; filters look at these.
              </span>
            </p>
          )}
        </>
      )}
      <Quarantine project={project} />
    </Page>
  );
}

function Filters({ all, asked, onAsk }: { all: Difficult[]; asked: Asked; onAsk: (change: Asked) => void }) {
  const scans = [...new Map(all.map((one) => [one.scan_id, one.scan_number]))];
  const isListed = scans.some(([id]) => id === asked.scan);
  return (
    <div className="grid gap-2 sm:grid-cols-3">
      <SelectField
        label="Scan"
        value={asked.scan ?? ""}
        onChange={(event) => onAsk({ scan: event.target.value || undefined, reason: undefined })}
      >
        <option value="">All scans</option>
        {asked.scan && !isListed && <option value={asked.scan}>The chosen scan</option>}
        {scans.map(([id, its]) => (
          <option key={id} value={id}>
            Scan {its}
          </option>
        ))}
      </SelectField>
      <SelectField
        label="State"
        value={asked.state ?? ""}
        onChange={(event) => onAsk({ state: event.target.value || undefined })}
      >
        <option value="">Timed out and failed</option>
        <option value="timed_out">{coverageStates.timed_out.name}</option>
        <option value="failed">{coverageStates.failed.name}</option>
      </SelectField>
      <SelectField
        label="Reason"
        value={asked.reason ?? ""}
        onChange={(event) => onAsk({ reason: event.target.value || undefined })}
      >
        <option value="">Any reason</option>
        {reasonsOf(all).map(([reason, count]) => (
          <option key={reason} value={reason}>
            {onOneLine(reason).slice(0, 100) || "no reason told"} ({number(count)})
          </option>
        ))}
      </SelectField>
    </div>
  );
}

function List({
  project,
  shown,
  isFiltered,
  onAll,
}: {
  project: string;
  shown: Difficult[];
  isFiltered: boolean;
  onAll: () => void;
}) {
  const [picked, setPicked] = useState<ReadonlySet<string>>(new Set());
  const chosen = useMemo(() => shown.filter((one) => picked.has(keyOf(one))), [shown, picked]);
  const turn = useCallback((one: Difficult) => {
    const key = keyOf(one);
    setPicked((before) => {
      const next = new Set(before);
      if (!next.delete(key)) next.add(key);
      return next;
    });
  }, []);
  if (shown.length === 0)
    return (
      <Card>
        {isFiltered ? (
          <Empty title="Nothing fits" action={<Button onClick={onAll}>Show all of them</Button>}>
            No address of this kind timed out or failed.
          </Empty>
        ) : (
          <Empty title="No target was difficult">
            Every address that was scanned either answered or did not. Those that time out or fail will stand
            here.
          </Empty>
        )}
      </Card>
    );
  const isAll = chosen.length === shown.length;
  const what =
    chosen.length > 0
      ? `${counted(addressCount(chosen), "address", "addresses")} selected`
      : counted(addressCount(shown), "address", "addresses");
  return (
    <Card
      flush
      title={<span role="status">{what}</span>}
      actions={
        <>
          <Button small onClick={() => setPicked(new Set(isAll ? [] : shown.map(keyOf)))}>
            {isAll ? "Select none" : "Select all"}
          </Button>
          <RetryThese project={project} chosen={chosen} />
          <QuarantineThese project={project} chosen={chosen} onDone={() => setPicked(new Set())} />
          <Button
            small
            onClick={() => saveText(textOf(chosen.length > 0 ? chosen : shown), "difficult-targets.txt")}
          >
            {chosen.length > 0 ? "Export selected" : "Export all"}
          </Button>
        </>
      }
    >
      <DifficultTable project={project} shown={shown} picked={picked} onTurn={turn} />
    </Card>
  );
}

/** A new scan of just these, which one may still change before it starts. */
function RetryThese({ project, chosen }: { project: string; chosen: Difficult[] }) {
  const navigate = useNavigate();
  const refusal = useRefusal("scan");
  const targets = rangesOf(chosen).join("\n");
  const reason =
    refusal ??
    (chosen.length === 0
      ? "select some first"
      : targets.length > longestTargets
        ? "these are too many at once; retry whole scans instead"
        : undefined);
  return (
    <Button
      small
      reason={reason}
      title="Makes a new scan of these, with options of your choice"
      onClick={() => void navigate({ to: "/new-scan", search: { project, targets } })}
    >
      Retry selected
    </Button>
  );
}
