// The frame of the pages of one scan: what it is, where it is, what can be done with it.
import { useSuspenseQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { Crumb, Page, Tab, Tabs } from "@/ui/page";
import { Controls } from "./controls";
import { type Connection, useLive } from "./live";
import { hasEnded } from "./may";
import { type Scan, scanQuery, statusQuery } from "./queries";
import { ScanState, scanName } from "./state";

export function ScanFrame({ id, children }: { id: string; children: ReactNode }) {
  const { data: scan } = useSuspenseQuery(scanQuery(id));
  const { data: status } = useSuspenseQuery(statusQuery(id));
  const { connection, isAtEnd } = useLive(id);
  return (
    <Page
      title={<bdi>{scanName(scan)}</bdi>}
      name={scanName(scan)}
      crumbs={
        <>
          <Crumb to="/projects/$project" params={{ project: scan.project_id }}>
            {scan.project}
          </Crumb>
          <Crumb to="/scans" search={{ project: scan.project }}>
            Scans
          </Crumb>
          <span>Scan {scan.number}</span>
        </>
      }
      actions={<Controls scan={scan} />}
    >
      <div className="flex flex-col gap-2">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <ScanState scan={scan} />
          <LiveBadge connection={connection} scan={scan} isAtEnd={isAtEnd} />
          {(scan.reason ?? status.reason) && (
            <p className="text-muted">
              <Foreign text={scan.reason ?? status.reason} most={500} />
            </p>
          )}
        </div>
        {scan.description && <p className="foreign max-w-prose">{scan.description}</p>}
        {scan.options && (
          <p className="foreign text-xs text-muted">
            <code>nmap {scan.options}</code>
          </p>
        )}
      </div>
      <Tabs label="Parts of the scan">
        <Tab to="/scans/$scan" params={{ scan: id }} activeOptions={{ exact: true, includeSearch: false }}>
          Dashboard
        </Tab>
        <Tab to="/scans/$scan/hosts" params={{ scan: id }}>
          Hosts
        </Tab>
        <Tab to="/scans/$scan/batches" params={{ scan: id }}>
          Batches
        </Tab>
        <Tab to="/scans/$scan/log" params={{ scan: id }}>
          Log
        </Tab>
        <Tab to="/scans/$scan/attempts" params={{ scan: id }}>
          Attempts
        </Tab>
      </Tabs>
      {children}
    </Page>
  );
}

/** Whether what one sees is what is. */
export function LiveBadge({
  connection,
  scan,
  isAtEnd,
}: {
  connection: Connection;
  scan: Pick<Scan, "status">;
  isAtEnd: boolean;
}) {
  const ended = hasEnded(scan) && isAtEnd;
  switch (connection) {
    case "connecting":
      return <Badge>Connecting …</Badge>;
    case "live":
      return ended ? (
        <Badge title="The scan has ended, and all that happened is here.">All is here</Badge>
      ) : (
        <Badge tone="good" title="News arrive as they happen.">
          Live
        </Badge>
      );
    case "waiting":
      return (
        <Badge tone="slow" title="The server cannot be reached. What happens meanwhile is caught up with.">
          Reconnecting …
        </Badge>
      );
    case "lost":
      return (
        <Badge tone="bad" title="One may not watch any longer. Sign in again.">
          Not connected
        </Badge>
      );
  }
}
