// Commands to scans and batches. What was asked for is shown as asked for at once; what is so, once the server
// says it.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { answer, api, type Schemas } from "@/api/client";
import { complain, say } from "@/ui/toast";
import { type Batch, type Scan, type ScanStatus, scanQuery, statusQuery } from "./queries";
import { scanName } from "./state";

type Steering = "start" | "pause" | "resume" | "stop";

/** What a command wants of the scan, as the server will say it too. */
const wanted: Record<Steering, Schemas["DesiredState"]> = {
  start: "run",
  resume: "run",
  pause: "pause",
  stop: "stop",
};

const post = {
  start: (id: string) => api.POST("/scans/{id}/start", { params: { path: { id } } }),
  pause: (id: string) => api.POST("/scans/{id}/pause", { params: { path: { id } } }),
  resume: (id: string) => api.POST("/scans/{id}/resume", { params: { path: { id } } }),
  stop: (id: string) => api.POST("/scans/{id}/stop", { params: { path: { id } } }),
};

/** Start, pause, resume and stop. */
export function useSteering(scan: Scan) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (command: Steering) => answer<Scan>(post[command](scan.id)),
    onMutate: (command) => tell(client, scan.id, { desired: wanted[command] }),
    onSuccess: (now) => tell(client, scan.id, now),
    onError: (error) => {
      tell(client, scan.id, { desired: scan.desired });
      complain(error);
    },
    onSettled: () => renew(client, scan.id),
  });
}

type Client = ReturnType<typeof useQueryClient>;

function tell(client: Client, id: string, news: Partial<Scan>) {
  client.setQueryData(scanQuery(id).queryKey, (old?: Scan) => old && { ...old, ...news });
  const { desired, status } = news;
  const known = { ...(desired && { desired }), ...(status && { status }) };
  client.setQueryData(statusQuery(id).queryKey, (old?: ScanStatus) => old && { ...old, ...known });
}

function renew(client: Client, id: string) {
  void client.invalidateQueries({ queryKey: ["scans", "list"] });
  return client.invalidateQueries({ queryKey: ["scans", id] });
}

/** Changes what a scan is called and how it is run. The caller shows what was refused. */
export function useChange(scan: Scan) {
  const client = useQueryClient();
  return useMutation({
    // What is left out stays as it is, which the generated type does not say.
    mutationFn: (body: Partial<Schemas["UpdateScan"]>) =>
      answer<Scan>(
        api.PUT("/scans/{id}", {
          params: { path: { id: scan.id } },
          body: body as Schemas["UpdateScan"],
        }),
      ),
    onSuccess: (now) => tell(client, scan.id, now),
    onSettled: () => renew(client, scan.id),
  });
}

/** What is taken up again of a scan that has ended, in words. */
export const retries: { what: Schemas["PartOfAScanToRetry"]; name: string }[] = [
  { what: "everything", name: "Everything that is left" },
  { what: "failed", name: "What failed" },
  { what: "difficult", name: "What failed or timed out, one by one" },
];

export function useRetry(scan: Scan) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: Schemas["PartOfAScanToRetry"]) =>
      answer<Scan>(api.POST("/scans/{id}/retry", { params: { path: { id: scan.id }, query: { what } } })),
    onSuccess: (now) => {
      tell(client, scan.id, now);
      say("What is left is scanned again.");
    },
    onError: complain,
    onSettled: () => renew(client, scan.id),
  });
}

export function useRerun(scan: Scan) {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (start: boolean) =>
      answer<Scan>(api.POST("/scans/{id}/rerun", { params: { path: { id: scan.id }, query: { start } } })),
    onSuccess: async (made) => {
      client.setQueryData(scanQuery(made.id).queryKey, made);
      void client.invalidateQueries({ queryKey: ["scans", "list"] });
      say(`Scan ${made.number} was made like scan ${scan.number}.`);
      await navigate({ to: "/scans/$scan", params: { scan: made.id } });
    },
    onError: complain,
  });
}

/** Removes a scan and leaves its pages; throws what the server refuses. */
export function useRemoval(scan: Scan): () => Promise<void> {
  const client = useQueryClient();
  const navigate = useNavigate();
  return async () => {
    await answer(api.DELETE("/scans/{id}", { params: { path: { id: scan.id } } }));
    say(`${scanName(scan)} was removed.`);
    await navigate({ to: "/scans", search: { project: scan.project } });
    client.removeQueries({ queryKey: ["scans", scan.id] });
    void client.invalidateQueries({ queryKey: ["scans", "list"] });
  };
}

export function useSplitOfScan(scan: Scan) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (chunk_size: number) =>
      answer<Scan>(
        api.POST("/scans/{id}/split", { params: { path: { id: scan.id } }, body: cutTo(chunk_size) }),
      ),
    onSuccess: (now) => {
      tell(client, scan.id, now);
      say("The scan was cut into batches of another size.");
    },
    onSettled: () => renew(client, scan.id),
  });
}

/** Commands to one batch. */
export function useBatchCommands(batch: Batch) {
  const client = useQueryClient();
  const path = { id: batch.id };
  const settle = { onError: complain, onSettled: () => renew(client, batch.scan_id) };
  const retry = useMutation({
    mutationFn: () => answer<Batch>(api.POST("/batches/{id}/retry", { params: { path } })),
    onSuccess: (made) => say(`What batch ${batch.number} has left over is batch ${made.number} now.`),
    ...settle,
  });
  const stop = useMutation({
    mutationFn: () => answer<Batch>(api.POST("/batches/{id}/stop", { params: { path } })),
    onSuccess: (now) =>
      say(
        now.status === "leased"
          ? `Batch ${batch.number} ends as soon as its worker has let go of it.`
          : `Batch ${batch.number} was stopped.`,
      ),
    ...settle,
  });
  const change = useMutation({
    mutationFn: (body: Partial<Schemas["PatchBatch"]>) =>
      answer<Batch>(api.PATCH("/batches/{id}", { params: { path }, body: body as Schemas["PatchBatch"] })),
    onSuccess: (now) => say(`Batch ${batch.number} has ${now.priority} priority.`),
    ...settle,
  });
  const split = useMutation({
    mutationFn: (chunk_size: number) =>
      answer<Schemas["SplitBody"]>(
        api.POST("/batches/{id}/split", { params: { path }, body: cutTo(chunk_size) }),
      ),
    onSuccess: ({ outcome, parts }) => say(splitSaid(batch, outcome, parts.length)),
    onSettled: settle.onSettled,
  });
  return { retry, stop, change, split };
}

/** `batch_size` is another name for the same: one of the two is written. */
function cutTo(chunk_size: number): Schemas["Cut"] {
  return { chunk_size } as Schemas["Cut"];
}

function splitSaid(batch: Batch, outcome: Schemas["OutcomeOfASplit"], parts: number): string {
  switch (outcome) {
    case "done":
      return `Batch ${batch.number} was cut into ${parts} parts.`;
    case "asked":
      return `The worker of batch ${batch.number} was asked to let go of it; then it is cut.`;
    case "small_enough":
      return `What is left of batch ${batch.number} is that small already.`;
  }
}
