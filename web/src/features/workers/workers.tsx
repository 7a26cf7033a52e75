// Workers: what runs batches, and what they run now.
import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { answer, api, type Schemas } from "@/api/client";
import { Badge } from "@/ui/badge";
import { Empty } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card, Fact, Facts, Page } from "@/ui/page";
import { Time, useNow } from "@/ui/time";

type Worker = Schemas["WorkerBody"];

export const workersQuery = queryOptions({
  queryKey: ["workers"],
  queryFn: async ({ signal }) => (await answer(api.GET("/workers", { signal }))).items,
  refetchInterval: 5_000,
});

/** Whoever has not been heard of for so long is gone, in milliseconds. */
const gone = 60_000;

const kinds: Record<Schemas["KindOfWorker"], string> = {
  embedded: "in the server itself",
  local: "another program on the server's machine",
  remote: "on another machine",
};

export function Workers() {
  const { data: workers } = useSuspenseQuery(workersQuery);
  return (
    <Page title="Workers">
      {workers.length === 0 ? (
        <Card>
          <Empty title="This server runs no batches">
            Scans wait until another program runs their batches. Start the server without what keeps it from
            running any, and see the checks in the settings.
          </Empty>
        </Card>
      ) : (
        <div className="grid gap-4 xl:grid-cols-2">
          {workers.map((worker) => (
            <WorkerCard key={worker.name} worker={worker} />
          ))}
        </div>
      )}
    </Page>
  );
}

function WorkerCard({ worker }: { worker: Worker }) {
  const now = useNow();
  const isGone = now - Date.parse(worker.last_seen_at) > gone;
  return (
    <Card title={<Foreign text={worker.name} />} actions={<State worker={worker} isGone={isGone} />}>
      <div className="flex flex-col gap-4">
        <Facts>
          <Fact name="Kind">{kinds[worker.kind]}</Fact>
          <Fact name="Version">{worker.version}</Fact>
          <Fact name="Process">{worker.pid ?? <span className="text-muted">not known</span>}</Fact>
          <Fact name="nmap">
            {worker.nmap_version ?? (
              <span className="text-danger">not found: install it on that machine</span>
            )}
          </Fact>
          <Fact name="Raw sockets">
            {worker.raw_sockets ? "yes" : "no: UDP scans and OS detection are refused"}
          </Fact>
          <Fact name="Modules">{worker.modules.join(", ") || <span className="text-muted">none</span>}</Fact>
          <Fact name="Since">
            <Time at={worker.since} />
          </Fact>
          <Fact name="Last seen">
            <Time at={worker.last_seen_at} />
          </Fact>
        </Facts>
        <h3 className="font-medium">What it runs</h3>
        <Runs batches={worker.batches} />
      </div>
    </Card>
  );
}

function State({ worker, isGone }: { worker: Worker; isGone: boolean }) {
  if (isGone) return <Badge tone="bad">Gone</Badge>;
  return worker.batches.length > 0 ? <Badge tone="busy">At work</Badge> : <Badge tone="good">Free</Badge>;
}

function Runs({ batches }: { batches: Schemas["WorkerBatch"][] }) {
  if (batches.length === 0) return <p className="text-muted">Nothing at the moment.</p>;
  return (
    <ul className="flex flex-col gap-1.5">
      {batches.map(({ scan_id, batch_id, batch_number, since }, index) => (
        <li key={batch_id ?? index} className="flex flex-wrap justify-between gap-2">
          {scan_id ? (
            <Link to="/scans/$scan/batches" params={{ scan: scan_id }} className="link">
              Batch {batch_number} of a scan
            </Link>
          ) : (
            <span>A batch of another organisation</span>
          )}
          <span className="text-muted">
            since <Time at={since} />
          </span>
        </li>
      ))}
    </ul>
  );
}
