// What one scan knows of one host.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Clock, Radar } from "lucide-react";
import type { Schemas } from "@/api/client";
import { outcomes } from "@/api/words";
import { size } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Download, LinkButton } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Foreign } from "@/ui/foreign";
import { Card, Crumb, Page } from "@/ui/page";
import { Time } from "@/ui/time";
import { HostDetails } from "./host-details";
import { attemptsAtQuery } from "./queries";

export function HostPage({ host, scan }: { host: Schemas["HostBody"]; scan: Schemas["Scan"] }) {
  return (
    <Page
      title={
        <>
          <span className="font-mono">{host.address}</span> <Copy text={host.address} what="the address" />
        </>
      }
      name={host.address}
      crumbs={
        <>
          <Crumb to="/scans/$scan" params={{ scan: scan.id }}>
            {scan.name || `Scan ${scan.number}`}
          </Crumb>
          <Crumb to="/scans/$scan/hosts" params={{ scan: scan.id }}>
            Hosts
          </Crumb>
        </>
      }
      actions={
        <>
          <LinkButton
            to="/addresses/$address"
            params={{ address: host.address }}
            search={{ project: scan.project }}
            icon={<Clock size={15} aria-hidden />}
          >
            History
          </LinkButton>
          <LinkButton
            to="/new-scan"
            search={{ project: scan.project, targets: host.address }}
            icon={<Radar size={15} aria-hidden />}
          >
            Scan again
          </LinkButton>
        </>
      }
    >
      <p className="text-muted">
        {host.hostname && (
          <>
            <Foreign text={host.hostname} /> ·{" "}
          </>
        )}
        As scan {scan.number} of {scan.project} saw it <Time at={host.ended_at ?? scan.completed_at} />
      </p>
      <HostDetails host={host} />
      <RawFiles host={host} />
    </Page>
  );
}

/** What nmap itself wrote when it scanned this host. */
function RawFiles({ host }: { host: Schemas["HostBody"] }) {
  const { data } = useQuery(attemptsAtQuery(host));
  if (data === undefined) return null;
  const attempts = data ?? [];
  return (
    <Card title="Raw files">
      {attempts.map((attempt) => (
        <div key={attempt.id} className="mb-3 flex flex-wrap items-center gap-2 last:mb-0">
          <span>
            Batch {attempt.batch_number}, attempt {attempt.number}
          </span>
          <Badge tone={outcomes[attempt.outcome].tone}>{outcomes[attempt.outcome].name}</Badge>
          {attempt.artifacts.map(({ id, name, href, size_bytes }) => (
            <Download key={id} small href={href} name={name}>
              {name} ({size(size_bytes)})
            </Download>
          ))}
        </div>
      ))}
      {data === null ? (
        <p className="text-muted">
          This scan had many attempts.{" "}
          <Link to="/scans/$scan/attempts" params={{ scan: host.scan_id }} className="link">
            Look for the files among all of them
          </Link>
        </p>
      ) : (
        attempts.length === 0 && (
          <p className="text-muted">
            No files of nmap are kept for this host: it was imported, or they were removed.
          </p>
        )
      )}
    </Card>
  );
}
