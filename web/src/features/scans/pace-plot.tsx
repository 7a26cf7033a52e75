// How fast it went, from the beginning to the end or until now.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { clock } from "@/lib/moments";
import { compact } from "@/lib/numbers";
import { TimeChart } from "@/ui/chart";
import { Empty, Waiting } from "@/ui/empty";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { type Pace, paceQuery } from "./queries";

export function PacePlot({ id }: { id: string }) {
  const { data, error, refetch } = useQuery(paceQuery(id));
  return (
    <Card title="Throughput">
      {data ? <Plot pace={data} /> : error ? <Trouble error={error} retry={refetch} /> : <Waiting />}
    </Card>
  );
}

function Plot({ pace }: { pace: Pace }) {
  const { times, series, said } = useMemo(() => drawn(pace), [pace]);
  if (!pace.since || pace.points.every(({ addresses }) => addresses === 0))
    return <Empty title="Nothing is done yet">A line appears with the first addresses that are.</Empty>;
  return (
    <>
      <p className="mb-2 text-muted">{said}</p>
      <TimeChart label={`Throughput. ${said}`} times={times} series={series} />
    </>
  );
}

function drawn({ since, interval_ms, points }: Pace) {
  const begin = since ? Date.parse(since) : 0;
  const at = (index: number) => begin + (index + 0.5) * interval_ms;
  const seconds = Math.max(interval_ms, 1) / 1_000;
  const rates = points.map(({ addresses }) => addresses / seconds);
  const best = rates.indexOf(Math.max(...rates));
  const sum = points.reduce((all, { addresses }) => all + addresses, 0);
  const mean = sum / (seconds * Math.max(1, points.length));
  const rate = (value: number) => compact(value);
  return {
    times: points.map((_, index) => at(index) / 1_000),
    series: [
      { name: "Addresses per second", colour: "--color-fill-running", values: rates },
      {
        name: "Hosts up per second",
        colour: "--color-fill-up",
        values: points.map(({ hosts_up }) => hosts_up / seconds),
      },
    ],
    said: `${rate(mean)} addresses per second on average, ${rate(rates[best] ?? 0)} at most (${clock(new Date(at(best)).toISOString())}).`,
  };
}
