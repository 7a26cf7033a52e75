// An address: what is known of it now, and what each scan saw of it.
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { coverageStates, scanStates } from "@/api/words";
import { counted } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button, LinkButton } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Empty, Waiting } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card, Crumb, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { Trouble } from "@/ui/trouble";
import { HostDetails } from "./host-details";
import { type Entry, PortMatrix } from "./port-matrix";
import { assetQuery, historyQuery } from "./queries";

export function AddressPage({ project, address }: { project: string; address: string }) {
  const asset = useSuspenseQuery(assetQuery(project, address)).data;
  const history = useInfiniteQuery(historyQuery(project, address));
  const entries = history.data?.pages.flatMap(({ items }) => items) ?? [];
  const name = asset?.hostnames?.[0]?.name;
  return (
    <Page
      title={
        <>
          <span className="font-mono">{address}</span> <Copy text={address} what="the address" />
        </>
      }
      name={address}
      crumbs={
        <Crumb to="/hosts" search={{ project }}>
          Hosts of {project}
        </Crumb>
      }
      actions={
        <LinkButton
          to="/new-scan"
          search={{ project, targets: address }}
          icon={<Radar size={15} aria-hidden />}
        >
          Scan again
        </LinkButton>
      }
    >
      {asset ? (
        <p className="text-muted">
          {name && (
            <>
              <Foreign text={name} /> ·{" "}
            </>
          )}
          What all scans of {project} know of it. Last seen <Time at={asset.last_seen} /> by scan{" "}
          {asset.scan_number}, first seen <Time at={asset.first_seen} />.
        </p>
      ) : (
        <p className="text-muted">This address has not answered any scan of {project} yet.</p>
      )}
      <Card title="History" flush>
        {history.error ? (
          <Trouble error={history.error} retry={() => void history.refetch()} />
        ) : history.isPending ? (
          <Waiting />
        ) : entries.length === 0 ? (
          <Empty title="No scan had this address">
            Start one with “Scan again”, if the project may touch the address.
          </Empty>
        ) : (
          <>
            <PortMatrix entries={entries} />
            <Timeline entries={entries} />
            {history.hasNextPage && (
              <p className="border-t border-line p-3">
                <Button busy={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
                  Show older scans
                </Button>
              </p>
            )}
          </>
        )}
      </Card>
      {asset && <HostDetails host={asset} />}
    </Page>
  );
}

function Timeline({ entries }: { entries: Entry[] }) {
  return (
    <div className="border-t border-line">
      <Table
        label="What each scan saw, the newest first"
        head={
          <>
            <Head>When</Head>
            <Head>Scan</Head>
            <Head>What became of it</Head>
            <Head>Open ports</Head>
            <Head>Compared with the scan before</Head>
          </>
        }
      >
        {entries.map((entry, place) => (
          <tr key={entry.scan_id}>
            <Cell>
              <Time at={entry.at} />
            </Cell>
            <Cell className="min-w-32">
              <Link to="/scans/$scan" params={{ scan: entry.scan_id }} className="link">
                {entry.scan_number}
              </Link>{" "}
              <span className="foreign">{entry.scan_name}</span>{" "}
              {entry.scan_status !== "completed" && (
                <Badge tone={scanStates[entry.scan_status].tone}>{scanStates[entry.scan_status].name}</Badge>
              )}
            </Cell>
            <Cell className="min-w-40">
              <Badge tone={coverageStates[entry.state].tone} title={coverageStates[entry.state].means}>
                {coverageStates[entry.state].name}
              </Badge>{" "}
              {entry.host_id && (
                <Link to="/hosts/$host" params={{ host: entry.host_id }} className="link">
                  what it saw
                </Link>
              )}
              {entry.reason && (
                <p className="text-xs text-muted">
                  <Foreign text={entry.reason} most={200} />
                </p>
              )}
            </Cell>
            <Cell className="num min-w-40">
              {entry.open_ports.length === 0 ? (
                <span className="text-muted">none</span>
              ) : entry.open_ports.length > 20 ? (
                counted(entry.open_ports.length, "port")
              ) : (
                entry.open_ports.join(", ")
              )}
            </Cell>
            <Cell>
              <Difference now={entry} before={entries.slice(place + 1).find(({ host_id }) => host_id)} />
            </Cell>
          </tr>
        ))}
      </Table>
    </div>
  );
}

/** A port that is missing may not have been looked at, so this says no more than what was told. */
function Difference({ now, before }: { now: Entry; before: Entry | undefined }) {
  if (!now.host_id || !before) return <span className="text-muted">–</span>;
  const more = now.open_ports.filter((port) => !before.open_ports.includes(port));
  const fewer = before.open_ports.filter((port) => !now.open_ports.includes(port));
  if (more.length + fewer.length === 0) return <span className="text-muted">the same ports</span>;
  return (
    <>
      {more.length > 0 && <p className="num">+ {more.slice(0, 20).join(", ")}</p>}
      {fewer.length > 0 && (
        <p className="num text-muted" title="Closed by now, or not looked at">
          − {fewer.slice(0, 20).join(", ")}
        </p>
      )}
    </>
  );
}
