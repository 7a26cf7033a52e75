// What changed from one scan to another.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { ArrowLeftRight } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { href, type Schemas } from "@/api/client";
import { changes } from "@/api/words";
import { classes } from "@/lib/classes";
import { absolute } from "@/lib/moments";
import { counted, number } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button, LinkButton } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { CheckField, SelectField } from "@/ui/field";
import { Menu, MenuDownload } from "@/ui/menu";
import { Card, Page } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { ChangesTable } from "./changes-table";
import {
  type Change,
  choice,
  comparableQuery,
  differenceQuery,
  kinds,
  leftOut,
  previousQuery,
} from "./queries";

type Scan = Schemas["Scan"];

export interface Pair {
  from?: string | undefined;
  to?: string | undefined;
}

export function ComparePage({
  project,
  pair,
  only,
  suspects,
  picker,
  onPick,
  onOnly,
  onSuspects,
}: {
  project: string;
  pair: Pair;
  only: Change[];
  /** Whether hosts that are suspect are compared as any other. */
  suspects: boolean;
  picker: ReactNode;
  onPick: (pair: Pair) => void;
  onOnly: (only: Change[]) => void;
  onSuspects: (suspects: boolean) => void;
}) {
  const scans = useSuspenseQuery(comparableQuery(project)).data;
  // One that still runs can be picked, but is not what one begins with.
  const to = pair.to ?? (scans.find(({ completed_at }) => completed_at) ?? scans[0])?.id;
  const previous = useQuery({ ...previousQuery(to ?? ""), enabled: Boolean(to) && !pair.from });
  const older = scans[scans.findIndex(({ id }) => id === to) + 1]?.id;
  const from = pair.from ?? (previous.isPending ? undefined : (previous.data?.id ?? older));
  if (scans.length < 2 && !(pair.from && pair.to))
    return (
      <Page title="Compare" actions={picker}>
        <Empty
          title={scans.length === 0 ? "There is nothing to compare yet" : "There is only one scan so far"}
          action={
            <LinkButton to="/new-scan" search={{ project }} look="primary">
              New scan
            </LinkButton>
          }
        >
          Two scans of the same addresses show what was opened, closed, or came and went in between.
        </Empty>
      </Page>
    );
  return (
    <Page
      title="Compare"
      actions={
        <>
          {picker}
          {from && to && <Downloads from={from} to={to} only={only} suspects={suspects} />}
        </>
      }
    >
      <div className="grid items-end gap-2 sm:grid-cols-[minmax(0,1fr)_auto_minmax(0,1fr)]">
        <ScanSelect label="From" scans={scans} value={from} onPick={(next) => onPick({ from: next, to })} />
        <Button
          icon={<ArrowLeftRight size={15} aria-hidden />}
          reason={from && to ? undefined : "pick two scans"}
          onClick={() => onPick({ from: to, to: from })}
        >
          Swap
        </Button>
        <ScanSelect
          label="To"
          scans={scans}
          value={to}
          onPick={(next) => onPick({ from: pair.from, to: next })}
        />
      </div>
      {from && to ? (
        from === to ? (
          <Empty title="These are the same scan">Pick another one on either side.</Empty>
        ) : (
          <Difference
            key={`${from} ${to}`}
            project={project}
            from={from}
            to={to}
            only={only}
            suspects={suspects}
            onOnly={onOnly}
            onSuspects={onSuspects}
          />
        )
      ) : previous.isPending ? (
        <Waiting what="Looking for the scan before" />
      ) : (
        <Empty title="There is no scan before this one">Pick the scan to compare with.</Empty>
      )}
    </Page>
  );
}

function ScanSelect({
  label,
  scans,
  value,
  onPick,
}: {
  label: string;
  scans: Scan[];
  value: string | undefined;
  onPick: (scan: string) => void;
}) {
  const isListed = scans.some(({ id }) => id === value);
  return (
    <SelectField label={label} value={value ?? ""} onChange={(event) => onPick(event.target.value)}>
      {!isListed && <option value={value ?? ""}>{value ? `Scan ${value}` : "Pick a scan"}</option>}
      {scans.map((scan) => (
        <option key={scan.id} value={scan.id}>
          {[`Scan ${scan.number}`, scan.name, absolute(scan.started_at ?? scan.created_at), scan.status]
            .filter(Boolean)
            .join(" · ")}
        </option>
      ))}
    </SelectField>
  );
}

function Difference({
  project,
  from,
  to,
  only,
  suspects,
  onOnly,
  onSuspects,
}: {
  project: string;
  from: string;
  to: string;
  only: Change[];
  suspects: boolean;
  onOnly: (only: Change[]) => void;
  onSuspects: (suspects: boolean) => void;
}) {
  const all = useQuery(differenceQuery(from, to, [], suspects));
  // When not all is listed, the server has to leave out what is not asked for, to list more of the rest.
  const isPart = only.length > 0 && all.data?.truncated === true;
  const part = useQuery({ ...differenceQuery(from, to, only, suspects), enabled: isPart });
  const shown = isPart ? part : all;
  const listed = useMemo(
    () => (shown.data?.changes ?? []).filter(({ change }) => only.length === 0 || only.includes(change)),
    [shown.data, only],
  );
  if (shown.error) return <Trouble error={shown.error} retry={() => void shown.refetch()} />;
  if (!all.data || !shown.data) return <Waiting what="Comparing" />;
  const { summary, truncated } = all.data;
  return (
    <>
      <Kinds summary={summary} isMore={truncated} only={only} onOnly={onOnly} />
      <Suspects leftOut={leftOut(summary.suspect)} suspects={suspects} onSuspects={onSuspects} />
      <Card flush title={<span role="status">{counted(listed.length, "change")}</span>}>
        {shown.data.truncated && (
          <p className="border-b border-line bg-slow-soft px-4 py-2 text-slow">
            There are more changes than are listed here. A download has all of them.
          </p>
        )}
        {listed.length === 0 ? (
          <Empty title={only.length > 0 ? "No change of this kind" : "Nothing changed"}>
            {only.length === 0 && (summary.suspect > 0 ? sameBut : same)}
          </Empty>
        ) : (
          <ChangesTable project={project} changes={listed} />
        )}
      </Card>
      {summary.not_scanned > 0 && <NotScanned />}
    </>
  );
}

const same = "Both scans saw the same hosts with the same open ports.";
const sameBut =
  "But for the hosts that are left out, both scans saw the same hosts with the same open ports.";

/** The hosts that are left out, and how to have them compared. */
function Suspects({
  leftOut,
  suspects,
  onSuspects,
}: {
  leftOut: string | undefined;
  suspects: boolean;
  onSuspects: (suspects: boolean) => void;
}) {
  if (!(leftOut || suspects)) return null;
  return (
    <div className="flex flex-col gap-2">
      {leftOut && <p role="status">{leftOut}</p>}
      <CheckField
        label="Compare suspect hosts too"
        hint="Those on which nearly every port is open, and those of networks in which all answer alike. What they say changes all the time."
        checked={suspects}
        onChange={(event) => onSuspects(event.target.checked)}
      />
    </div>
  );
}

/** How many there are of each kind; a press leaves out the others. */
function Kinds({
  summary,
  isMore,
  only,
  onOnly,
}: {
  summary: Schemas["DiffSummary"];
  isMore: boolean;
  only: Change[];
  onOnly: (only: Change[]) => void;
}) {
  function turn(kind: Change) {
    onOnly(only.includes(kind) ? only.filter((one) => one !== kind) : [...only, kind]);
  }
  return (
    <fieldset className="flex flex-wrap gap-2">
      <legend className="sr-only">Only changes of these kinds</legend>
      {kinds.map((kind) => {
        const isOn = only.includes(kind);
        return (
          <button
            key={kind}
            type="button"
            aria-pressed={isOn}
            onClick={() => turn(kind)}
            className={classes(
              "flex min-h-9 items-center gap-2 rounded-md border px-3 hover:bg-raised",
              isOn ? "border-accent bg-accent-soft" : "border-edge bg-surface",
            )}
          >
            <Badge still tone={changes[kind].tone}>
              {isOn && "✓ "}
              {changes[kind].name}
            </Badge>
            <span className="num font-semibold">
              {number(summary[kind])}
              {isMore && "+"}
            </span>
          </button>
        );
      })}
      {only.length > 0 && (
        <Button look="quiet" onClick={() => onOnly([])}>
          Show all
        </Button>
      )}
    </fieldset>
  );
}

function NotScanned() {
  return (
    <p className="max-w-prose text-muted">
      <strong className="font-semibold text-ink">Not scanned</strong> means that one of the two scans did not
      reach an address or did not look at a port: it was left out, timed out, failed, or its ports were not
      asked for. Whether anything was closed or is gone cannot be said then, so it is not said.
    </p>
  );
}

const formats = { md: "Markdown", html: "Web page", text: "Text", jsonl: "JSON lines", json: "JSON" };

function Downloads({
  from,
  to,
  only,
  suspects,
}: {
  from: string;
  to: string;
  only: Change[];
  suspects: boolean;
}) {
  return (
    <Menu label="Download">
      {Object.entries(formats).map(([format, name]) => (
        <MenuDownload
          key={format}
          href={href(`/scans/${to}/diff`, { against: from, format, ...choice(only, suspects) })}
        >
          {name}
        </MenuDownload>
      ))}
    </Menu>
  );
}
