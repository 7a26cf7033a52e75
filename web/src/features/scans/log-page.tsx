// What happens in a scan, as it happens: what nmap says, and what is stored of it.
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { counted } from "@/lib/numbers";
import { Button } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import { Stream } from "@/ui/stream";
import { complain } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import { useBatchNames } from "./batch-names";
import { type Entry, isStored, useEntries } from "./live";
import { chosen, type LogView } from "./log-entries";
import { LogLine } from "./log-line";
import { hasEnded } from "./may";
import { historyQuery, scanQuery, statusQuery } from "./queries";

export function LogPage({
  id,
  view,
  onView,
}: {
  id: string;
  view: LogView;
  onView: (changes: Partial<LogView>) => void;
}) {
  const live = useEntries(id);
  const isWhole = view.from === "start";
  const history = useInfiniteQuery({ ...historyQuery(id), enabled: isWhole });
  const [follows, setFollows] = useState(true);
  const name = useBatchNames(id);
  const { data: scan } = useSuspenseQuery(scanQuery(id));
  const isOver = hasEnded(scan);

  const entries = useMemo((): readonly Entry[] => {
    if (!isWhole) return live.entries;
    const told = (history.data?.pages.flat() ?? []) as Entry[];
    if (history.hasNextPage || !history.data) return told;
    const last = told.findLast(isStored)?.seq ?? 0;
    return [...told, ...live.entries.filter((entry) => !isStored(entry) || entry.seq > last)];
  }, [isWhole, history.data, history.hasNextPage, live.entries]);
  const shown = useMemo(() => chosen(entries, view, name), [entries, view, name]);
  const readOn = () => {
    if (isWhole && history.hasNextPage && !history.isFetching) void history.fetchNextPage();
  };
  const isPartial = !isWhole && live.firstSeq !== undefined && live.firstSeq > 1;
  return (
    <Card title="Log" flush actions={<Kinds view={view} onView={onView} />}>
      <Filters id={id} name={name} view={view} onView={onView} />
      {history.error && <Trouble error={history.error} retry={history.refetch} />}
      {isWhole && !history.data && !history.error && <Waiting what="Reading from the beginning" />}
      {isPartial && (
        <p className="flex flex-wrap items-center gap-2 border-b border-line px-3 py-2 text-xs text-muted">
          What is shown begins with event {live.firstSeq}.
          <Button small onClick={() => live.readEarlier().catch(complain)}>
            Show earlier ones
          </Button>
        </p>
      )}
      {shown.length > 0 ? (
        <Stream
          label="Log"
          count={shown.length}
          line={(index) => <LogLine scan={scan} shown={shown[index]} name={name} onView={onView} />}
          lineKey={(index) => shown[index]?.key ?? index}
          news={shown}
          follows={follows && !isWhole}
          onFollow={setFollows}
          onEnd={readOn}
        />
      ) : (
        <Nothing view={view} isOver={isOver} onView={onView} />
      )}
      <footer className="flex flex-wrap items-center gap-3 border-t border-line px-3 py-2 text-xs text-muted">
        <span role="status">{counted(shown.length, "line")}</span>
        {isWhole ? (
          <>
            {history.hasNextPage && (
              <Button small busy={history.isFetching} onClick={readOn}>
                Read on
              </Button>
            )}
            <Button small onClick={() => onView({ from: undefined })}>
              Go to the newest
            </Button>
          </>
        ) : (
          <>
            <Button small aria-pressed={follows} onClick={() => setFollows(!follows)}>
              {follows ? "Pause here" : "Follow the newest"}
            </Button>
            <Button small onClick={() => onView({ from: "start" })}>
              Replay from the beginning
            </Button>
          </>
        )}
        <span>
          Lines of nmap are not kept here: those of the past are in the files of each attempt (stdout.log).
        </span>
      </footer>
    </Card>
  );
}

const kinds: { show: LogView["show"]; name: string }[] = [
  { show: undefined, name: "Together" },
  { show: "lines", name: "nmap's lines" },
  { show: "events", name: "Events" },
];

function Kinds({ view, onView }: { view: LogView; onView: (changes: Partial<LogView>) => void }) {
  return (
    <fieldset className="flex gap-1">
      <legend className="sr-only">What is shown</legend>
      {kinds.map(({ show, name }) => (
        <Button
          key={name}
          small
          look={view.show === show ? "primary" : "plain"}
          aria-pressed={view.show === show}
          onClick={() => onView({ show })}
        >
          {name}
        </Button>
      ))}
    </fieldset>
  );
}

function Filters({
  id,
  name,
  view,
  onView,
}: {
  id: string;
  name: (batch: string) => string;
  view: LogView;
  onView: (changes: Partial<LogView>) => void;
}) {
  const { data: status } = useSuspenseQuery(statusQuery(id));
  const running = status.running.flatMap(({ batch_id }) => (batch_id ? [batch_id] : []));
  const batches = view.batch && !running.includes(view.batch) ? [view.batch, ...running] : running;
  return (
    <div className="flex flex-wrap items-end gap-3 border-b border-line p-3">
      <div className="w-64 max-w-full">
        <TextField
          label="Only with this text"
          type="search"
          defaultValue={view.text}
          onChange={({ target }) => onView({ text: target.value || undefined })}
        />
      </div>
      <SelectField
        label="Only of batch"
        value={view.batch ?? ""}
        onChange={({ target }) => onView({ batch: target.value || undefined })}
      >
        <option value="">All</option>
        {batches.map((batch) => (
          <option key={batch} value={batch}>
            {name(batch)}
          </option>
        ))}
      </SelectField>
    </div>
  );
}

function Nothing({
  view,
  isOver,
  onView,
}: {
  view: LogView;
  isOver: boolean;
  onView: (changes: Partial<LogView>) => void;
}) {
  const isNarrowed = Boolean(view.text || view.batch);
  if (isNarrowed) {
    return (
      <Empty
        title="Nothing fits"
        action={
          <Button onClick={() => onView({ text: undefined, batch: undefined })}>Show everything</Button>
        }
      />
    );
  }
  if (view.show === "lines") {
    return (
      <Empty title={isOver ? "nmap says nothing any more" : "nmap has said nothing yet"}>
        Lines are shown as they come. Those that were written before are in the files of each attempt.
      </Empty>
    );
  }
  return <Empty title="Nothing has happened yet">Start the scan, and what happens appears here.</Empty>;
}
