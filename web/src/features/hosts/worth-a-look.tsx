// What of a scan is worth a look first: weaknesses that scripts reported, and certificates that run out.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { counted } from "@/lib/numbers";
import type { Tone } from "@/lib/tone";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Waiting } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Trouble } from "@/ui/trouble";
import { type WorthALook, worthALookQuery } from "./queries";

/** Of so many hosts it is looked up without being asked for. */
const few = 5_000;
const first = 10;

const severities: Record<WorthALook["findings"][number]["severity"], Tone> = {
  critical: "bad",
  high: "bad",
  medium: "slow",
  low: "idle",
  unrated: "idle",
};

export function WorthALookCard({ scan, hosts }: { scan: string; hosts: number | null }) {
  const [isAsked, setAsked] = useState(false);
  const isWanted = isAsked || (hosts !== null && hosts <= few);
  const { data, error, refetch, isLoading } = useQuery({ ...worthALookQuery(scan), enabled: isWanted });
  if (!isWanted)
    return (
      <Card title="Worth a look">
        <div className="flex flex-wrap items-center justify-between gap-3">
          <p className="text-muted">
            Weaknesses that scripts reported and certificates that run out. With many hosts this takes some
            seconds.
          </p>
          <Button onClick={() => setAsked(true)}>Look for them</Button>
        </div>
      </Card>
    );
  if (error) return <Trouble error={error} retry={() => void refetch()} />;
  if (isLoading || !data)
    return (
      <Card title="Worth a look">
        <Waiting what="Going through all hosts" />
      </Card>
    );
  const { findings, certificates } = data;
  if (findings.length + certificates.length === 0)
    return isAsked ? (
      <Card title="Worth a look">
        <p className="text-muted">No script reported a weakness, and no certificate runs out soon.</p>
      </Card>
    ) : null;
  return (
    <Card title="Worth a look" flush>
      {findings.length > 0 && <Findings scan={scan} findings={findings} />}
      {certificates.length > 0 && <Expiring scan={scan} certificates={certificates} />}
    </Card>
  );
}

function Findings({ scan, findings }: { scan: string; findings: WorthALook["findings"] }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <Table
        label="Findings"
        head={
          <>
            <Head>Severity</Head>
            <Head>Finding</Head>
            <Head>Host</Head>
            <Head>How sure</Head>
          </>
        }
      >
        {findings.slice(0, all ? 500 : first).map((finding) => (
          <tr key={[finding.address, finding.port, finding.id, finding.script].join(" ")}>
            <Cell>
              <Badge tone={severities[finding.severity]}>
                {finding.severity} {finding.score}
              </Badge>
            </Cell>
            <Cell>
              <span className="font-medium">
                <Foreign text={finding.id} />
              </span>{" "}
              <Foreign text={finding.title} />
            </Cell>
            <Cell>
              <OfAddress scan={scan} address={finding.address} port={finding.port} />
            </Cell>
            <Cell>
              {finding.certainty}{" "}
              <span className="text-muted">
                (<Foreign text={finding.script} />)
              </span>
            </Cell>
          </tr>
        ))}
      </Table>
      <More all={all} count={findings.length} noun="finding" onTurn={() => setAll(!all)} />
    </>
  );
}

function Expiring({ scan, certificates }: { scan: string; certificates: WorthALook["certificates"] }) {
  const [all, setAll] = useState(false);
  return (
    <>
      <Table
        label="Certificates that run out"
        head={
          <>
            <Head>Certificate</Head>
            <Head>Host</Head>
            <Head>Issuer</Head>
            <Head>Valid until</Head>
          </>
        }
      >
        {certificates.slice(0, all ? 500 : first).map((certificate) => (
          <tr key={`${certificate.address} ${certificate.port}`}>
            <Cell>
              <Foreign text={certificate.subject} />
            </Cell>
            <Cell>
              <OfAddress scan={scan} address={certificate.address} port={certificate.port} />
            </Cell>
            <Cell>
              <Foreign text={certificate.issuer} />
            </Cell>
            <Cell>
              {certificate.expires}{" "}
              <Badge tone={certificate.expiry.startsWith("expired") ? "bad" : "slow"}>
                {certificate.expiry}
              </Badge>
            </Cell>
          </tr>
        ))}
      </Table>
      <More all={all} count={certificates.length} noun="certificate" onTurn={() => setAll(!all)} />
    </>
  );
}

/** The hosts of the scan, narrowed to one address. */
function OfAddress({ scan, address, port }: { scan: string; address: string; port: string | null }) {
  return (
    <Link
      to="/scans/$scan/hosts"
      params={{ scan }}
      search={{ where: `net:${address}` }}
      className="link font-mono"
    >
      {address}
      {port && ` ${port}`}
    </Link>
  );
}

function More({
  all,
  count,
  noun,
  onTurn,
}: {
  all: boolean;
  count: number;
  noun: string;
  onTurn: () => void;
}) {
  if (count <= first) return null;
  return (
    <p className="border-b border-line px-3 py-2 last:border-0">
      <button type="button" className="link" onClick={onTurn}>
        {all ? "Show fewer" : `Show all ${counted(count, noun)}`}
      </button>
    </p>
  );
}
