// A list of scans with where each of them is.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { duration } from "@/lib/numbers";
import { PartsBar } from "@/ui/chart";
import { Foreign } from "@/ui/foreign";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { partsOf } from "./coverage-parts";
import { hasEnded } from "./may";
import { countsQuery, type Scan, statusQuery } from "./queries";
import { Progress, ScanState, scanName } from "./state";

export function ScanList({ scans, label = "Scans" }: { scans: Scan[]; label?: string }) {
  return (
    <Table
      label={label}
      head={
        <>
          <Head>Scan</Head>
          <Head>State</Head>
          <Head>Project</Head>
          <Head>Progress</Head>
          <Head>Addresses</Head>
          <Head>Owner</Head>
          <Head>Made</Head>
        </>
      }
    >
      {scans.map((scan) => (
        <ScanRow key={scan.id} scan={scan} />
      ))}
    </Table>
  );
}

export function ScanRow({ scan }: { scan: Scan }) {
  return (
    <tr>
      <Cell className="min-w-44">
        <Link
          to="/scans/$scan"
          params={{ scan: scan.id }}
          className="link inline-flex min-h-6 items-center font-medium"
        >
          <bdi className="foreign">{scanName(scan)}</bdi>
        </Link>
        {scan.name && <p className="text-xs text-muted">Scan {scan.number}</p>}
        <p className="foreign max-w-72 truncate text-xs text-muted" title={scan.options}>
          {scan.options}
        </p>
      </Cell>
      <Cell className="min-w-32">
        <ScanState scan={scan} />
        {scan.reason && (
          <p className="mt-1 max-w-72 text-xs text-muted">
            <Foreign text={scan.reason} />
          </p>
        )}
      </Cell>
      <Cell>
        <Link
          to="/projects/$project"
          params={{ project: scan.project_id }}
          className="inline-flex min-h-6 items-center hover:underline"
        >
          <bdi className="foreign">{scan.project}</bdi>
        </Link>
      </Cell>
      <Cell className="min-w-40">
        <Progress part={scan.progress} label={`Progress of ${scanName(scan)}`} />
        <Forecast scan={scan} />
      </Cell>
      <Cell className="min-w-36">
        <Coverage scan={scan} />
      </Cell>
      <Cell className="whitespace-nowrap">
        <bdi className="foreign">{scan.owner.replace(/^user:/, "")}</bdi>
      </Cell>
      <Cell>
        <Time at={scan.created_at} />
      </Cell>
    </tr>
  );
}

function Forecast({ scan }: { scan: Scan }) {
  const { data } = useQuery({ ...statusQuery(scan.id), enabled: scan.status === "running" });
  if (scan.status !== "running") return null;
  return (
    <p className="text-xs text-muted">
      {data?.forecast_ms ? `about ${duration(data.forecast_ms)} more` : "no forecast yet"}
    </p>
  );
}

function Coverage({ scan }: { scan: Scan }) {
  const { data } = useQuery({
    ...countsQuery(scan.id),
    refetchInterval: hasEnded(scan) ? false : 5_000,
  });
  if (!data) return <span className="block h-3 rounded-full bg-raised" />;
  return <PartsBar label={`Addresses of ${scanName(scan)}`} parts={partsOf(data.coverage)} legend={false} />;
}
