// All of a scan at a glance: how far it is, what it does now, what became of its addresses, how fast it goes.
import { useSuspenseQuery } from "@tanstack/react-query";
import { About } from "./about";
import { CoveragePanel, type CoverageView } from "./coverage-panel";
import { Figures } from "./figures";
import { Heatmap, type MapView } from "./heatmap/heatmap";
import { Now } from "./now";
import { PacePlot } from "./pace-plot";
import { scanQuery, statusQuery } from "./queries";
import { Trials } from "./trials";

export type DashboardView = CoverageView & MapView;

export function Dashboard({
  id,
  view,
  onView,
}: {
  id: string;
  view: DashboardView;
  onView: (changes: Partial<DashboardView>) => void;
}) {
  const { data: scan } = useSuspenseQuery(scanQuery(id));
  const { data: status } = useSuspenseQuery(statusQuery(id));
  return (
    <>
      <Figures scan={scan} status={status} />
      <Now scan={scan} status={status} />
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Heatmap scan={scan} view={view} onView={onView} />
        <CoveragePanel scan={scan} coverage={status.coverage} view={view} onView={onView} />
      </div>
      <PacePlot id={id} />
      <Trials id={id} status={status} />
      <About scan={scan} />
    </>
  );
}
