// The batches of a scan: where each is, and what can be done with it.
import { useInfiniteQuery, useMutation, useSuspenseQuery } from "@tanstack/react-query";
import { Star } from "lucide-react";
import { answer, api, type Schemas } from "@/api/client";
import { useRefusal } from "@/api/session";
import { batchStates, priorities } from "@/api/words";
import { classes } from "@/lib/classes";
import { number } from "@/lib/numbers";
import { Button, IconButton } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField, TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { type Column, LongTable } from "@/ui/long-table";
import { Card } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { complain } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import { BatchDialog } from "./batch-dialog";
import { BatchMenu } from "./batch-menu";
import { useBatchCommands } from "./commands";
import { batchRefusal } from "./may";
import { type Batch, type BatchState, batchesQuery, statusQuery } from "./queries";
import { useRows } from "./rows";
import { BatchState as State } from "./state";

export interface BatchesView {
  state?: BatchState | undefined;
  /** The one whose details are shown. */
  batch?: string | undefined;
}

export function BatchesPage({
  id,
  view,
  onView,
}: {
  id: string;
  view: BatchesView;
  onView: (changes: Partial<BatchesView>) => void;
}) {
  const { data: status } = useSuspenseQuery(statusQuery(id));
  const { batches } = status;
  const query = useInfiniteQuery(batchesQuery(id, view.state));
  const total = view.state ? batches[view.state] : batches.total;
  const { count, row, onSeen } = useRows(query, itemsOf, total);
  return (
    <Card
      title={`Batches (${number(total)})`}
      flush
      actions={
        <>
          <Find id={id} onFound={(batch) => onView({ batch })} />
          <SelectField
            label="State"
            bare
            value={view.state ?? ""}
            onChange={({ target }) =>
              onView({ state: (target.value || undefined) as BatchState | undefined })
            }
          >
            <option value="">In every state ({number(batches.total)})</option>
            {Object.entries(batchStates).map(([state, { name }]) => (
              <option key={state} value={state}>
                {name} ({number(batches[state as BatchState])})
              </option>
            ))}
          </SelectField>
        </>
      }
    >
      {query.error ? (
        <Trouble error={query.error} retry={query.refetch} />
      ) : !query.data ? (
        <Waiting what="Reading the batches" />
      ) : count > 0 ? (
        <LongTable
          label="Batches"
          columns={columns}
          count={count}
          row={row}
          rowKey={({ id: batch }) => batch}
          onSeen={onSeen}
          onOpen={({ id: batch }) => onView({ batch })}
          height={40}
        />
      ) : (
        <Empty
          title={view.state ? "No batch is in this state" : "There is no batch"}
          action={
            view.state && <Button onClick={() => onView({ state: undefined })}>Show all batches</Button>
          }
        >
          {!view.state && "What was imported has been scanned elsewhere, so that there is nothing to run."}
        </Empty>
      )}
      {view.batch && <BatchDialog scan={id} id={view.batch} onClose={() => onView({ batch: undefined })} />}
    </Card>
  );
}

/** Goes to a batch by its number, wherever it stands in the list. */
function Find({ id, onFound }: { id: string; onFound: (batch: string) => void }) {
  const find = useMutation({
    mutationFn: (nth: number) =>
      answer(api.GET("/scans/{id}/batches", { params: { path: { id }, query: { number: nth } } })),
    onSuccess: ({ items: [found] }, nth) =>
      found ? onFound(found.id) : complain(`There is no batch ${nth}.`),
    onError: complain,
  });
  return (
    <form
      role="search"
      aria-label="Find a batch"
      className="flex items-center gap-2"
      onSubmit={submitting((form) => find.mutate(Number(form.get("number"))))}
    >
      <div className="w-24">
        <TextField label="Number" bare name="number" type="number" min={1} required placeholder="Number" />
      </div>
      <Button type="submit" busy={find.isPending}>
        Find
      </Button>
    </form>
  );
}

const itemsOf = (page: Schemas["Page_BatchBody"]): Batch[] => page.items;

const columns: Column<Batch>[] = [
  { name: "Urgent", width: "4.5rem", cell: (batch) => <Urgent batch={batch} /> },
  { name: "Batch", width: "5rem", right: true, cell: ({ number: nth }) => number(nth) },
  { name: "State", width: "7.5rem", cell: ({ status }) => <State state={status} /> },
  {
    name: "Addresses",
    width: "minmax(10rem,2fr)",
    cell: ({ targets }) => <Foreign text={targets.slice(0, 20).join(", ")} />,
  },
  { name: "Count", width: "5rem", right: true, cell: ({ target_count }) => number(target_count) },
  {
    name: "Attempts",
    width: "5.5rem",
    right: true,
    cell: ({ attempts, attempts_allowed }) => `${attempts} of ${attempts_allowed}`,
  },
  { name: "Up", width: "4.5rem", right: true, cell: ({ hosts_up }) => number(hosts_up) },
  { name: "Open ports", width: "6rem", right: true, cell: ({ open_ports }) => number(open_ports) },
  {
    name: "Worker, or why",
    width: "minmax(8rem,1.5fr)",
    cell: ({ worker, reason }) => <Foreign text={worker ?? reason} />,
  },
  { name: "Actions", width: "5rem", cell: (batch) => <BatchMenu batch={batch} /> },
];

/** A star puts a batch before the others of its scan. */
function Urgent({ batch }: { batch: Batch }) {
  const { change } = useBatchCommands(batch);
  const role = useRefusal("scan");
  const isHigh = (change.isPending ? change.variables.priority : batch.priority) === "high";
  return (
    <span className="flex items-center">
      <IconButton
        label={
          isHigh ? `Batch ${batch.number} as urgent as usual` : `Batch ${batch.number} before the others`
        }
        aria-pressed={isHigh}
        reason={role ?? batchRefusal(batch, "change")}
        icon={
          <Star
            size={16}
            aria-hidden
            className={classes(isHigh && "text-slow")}
            fill={isHigh ? "currentColor" : "none"}
          />
        }
        onClick={() => change.mutate({ priority: isHigh ? "medium" : "high" })}
      />
      {batch.priority === "low" && <span className="text-xs text-muted">{priorities.low.name}</span>}
    </span>
  );
}
