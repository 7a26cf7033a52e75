// All that is known of one batch.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect } from "react";
import { priorities } from "@/api/words";
import { counted, number } from "@/lib/numbers";
import { sentenceOf } from "@/lib/sentence";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Waiting } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Fact, Facts } from "@/ui/page";
import { Time, useNow } from "@/ui/time";
import { BatchMenu } from "./batch-menu";
import { attemptsQuery, type Batch, batchQuery } from "./queries";
import { BatchState, Outcome } from "./state";
import { Took } from "./trials";

export function BatchDialog({ scan, id, onClose }: { scan: string; id: string; onClose: () => void }) {
  const { data: batch, error } = useQuery(batchQuery(scan, id));
  return (
    <Dialog title={batch ? `Batch ${batch.number}` : "Batch"} onClose={onClose} wide>
      {error && <p className="foreign text-danger">{sentenceOf(error)}</p>}
      {!batch && !error && <Waiting />}
      {batch && <Details batch={batch} />}
    </Dialog>
  );
}

/** So many ranges are shown. */
const most = 200;

function Details({ batch }: { batch: Batch }) {
  const targets = batch.targets.join("\n");
  return (
    <>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <BatchState state={batch.status} />
        <BatchMenu batch={batch} />
      </div>
      <Facts>
        {batch.reason && (
          <Fact name="Why">
            <Foreign text={batch.reason} most={1_000} />
          </Fact>
        )}
        <Fact name="Priority">{priorities[batch.priority].name}</Fact>
        <Fact name="Worker">
          <Foreign text={batch.worker ?? "none"} />
        </Fact>
        <Fact name="Found">
          {counted(batch.hosts_up, "host")} up, {counted(batch.open_ports, "open port")}
        </Fact>
        <Fact name="Attempts">
          {batch.attempts} of {batch.attempts_allowed}
        </Fact>
        {batch.rate && <Fact name="Packets per second">{number(batch.rate)} at most</Fact>}
        <NextTry batch={batch} />
        <Fact name="Began">
          <Time at={batch.started_at} />
        </Fact>
        {batch.ended_at && (
          <Fact name="Ended">
            <Time at={batch.ended_at} />
          </Fact>
        )}
        {batch.parent_id && (
          <Fact name="Cut from">
            <Link
              to="/scans/$scan/batches"
              params={{ scan: batch.scan_id }}
              search={{ batch: batch.parent_id }}
              className="link"
            >
              another batch
            </Link>
          </Fact>
        )}
      </Facts>
      <section>
        <h3 className="mb-1 flex items-center gap-1 font-medium">
          {counted(batch.target_count, "address", "addresses")} <Copy text={targets} what="the addresses" />
        </h3>
        <ul
          // What scrolls must be reachable (WCAG 2.1.1).
          tabIndex={0}
          aria-label="Addresses"
          className="num grid max-h-40 grid-cols-[repeat(auto-fill,minmax(14rem,1fr))] gap-x-4 overflow-y-auto rounded-md bg-raised p-2 text-xs"
        >
          {batch.targets.slice(0, most).map((range) => (
            <li key={range}>{range}</li>
          ))}
          {batch.targets.length > most && <li>and {number(batch.targets.length - most)} more ranges</li>}
        </ul>
      </section>
      <Attempts batch={batch} />
    </>
  );
}

/** When it may be tried again, if that is still to come. */
function NextTry({ batch: { status, not_before } }: { batch: Batch }) {
  const now = useNow();
  if (status !== "waiting" || !not_before || Date.parse(not_before) <= now) return null;
  return (
    <Fact name="Next try">
      <Time at={not_before} />
    </Fact>
  );
}

/** The list of attempts is by the number of the batch: it is read until there. */
function Attempts({ batch }: { batch: Batch }) {
  const { data, hasNextPage, isFetching, fetchNextPage } = useInfiniteQuery(attemptsQuery(batch.scan_id));
  const all = data?.pages.flatMap(({ items }) => items) ?? [];
  const own = all.filter(({ batch_id }) => batch_id === batch.id);
  const last = all.at(-1)?.batch_number ?? 0;
  const isMore = hasNextPage && last <= batch.number;
  useEffect(() => {
    if (isMore && !isFetching) void fetchNextPage();
  }, [isMore, isFetching, fetchNextPage]);
  return (
    <section>
      <h3 className="mb-1 font-medium">Attempts</h3>
      {isMore && <p className="text-muted">Looking for them …</p>}
      {!isMore && data && own.length === 0 && <p className="text-muted">Nobody has tried it yet.</p>}
      <ul className="flex flex-col gap-1">
        {own.map((attempt) => (
          <li key={attempt.id} className="flex flex-wrap items-center gap-2">
            <Link
              to="/scans/$scan/attempts"
              params={{ scan: batch.scan_id }}
              search={{ attempt: attempt.id }}
              className="link"
            >
              Attempt {attempt.number}
            </Link>
            <Outcome outcome={attempt.outcome} />
            <span className="text-muted">
              <Took attempt={attempt} />
            </span>
            <Foreign text={attempt.reason} />
          </li>
        ))}
      </ul>
      <p className="mt-2">
        <Link
          to="/scans/$scan/log"
          params={{ scan: batch.scan_id }}
          search={{ batch: batch.id }}
          className="link"
        >
          What the log says of it
        </Link>
      </p>
    </section>
  );
}
