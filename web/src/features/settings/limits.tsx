// The limits of the server, over all scans of all organisations.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Button } from "@/ui/button";
import { Complaint } from "@/ui/complaint";
import { Waiting } from "@/ui/empty";
import { TextField } from "@/ui/field";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import { limitsQuery } from "./queries";

export function Limits() {
  const { data: limits, error, refetch } = useQuery(limitsQuery);
  // Asked again, the same limits leave what is being written where it is.
  if (limits) return <LimitsForm key={JSON.stringify(limits)} limits={limits} />;
  if (error) return <Trouble error={error} retry={() => void refetch()} />;
  return <Waiting />;
}

const fields = ["/max_batches", "/max_rate", "/politeness/address_rate", "/politeness/network_rate"];

function LimitsForm({ limits }: { limits: Schemas["ServerLimits"] }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (form: FormData) => {
      const limit = (name: string) => Number(form.get(name)) || null;
      return answer(
        api.PUT("/settings/limits", {
          body: {
            max_batches: limit("max_batches"),
            max_rate: limit("max_rate"),
            politeness: { address_rate: limit("address_rate"), network_rate: limit("network_rate") },
          },
        }),
      );
    },
    onSuccess: (limits) => {
      client.setQueryData(limitsQuery.queryKey, limits);
      say("The limits hold from now on");
    },
  });
  const refused = refusalOf(save.error);
  const number = { type: "number", min: 1, inputMode: "numeric", placeholder: "no limit" } as const;
  return (
    <form onSubmit={submitting(save.mutate)} className="flex flex-col gap-4">
      <p className="max-w-prose text-muted">
        They hold over all scans of all organisations, and at once: batches that run at another rate than they
        should are ended, what they found is kept, and the rest begins again. What is left empty has no limit.
      </p>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          {...number}
          label="Batches at a time"
          name="max_batches"
          max={10_000}
          defaultValue={limits.max_batches ?? ""}
          hint="How many the server runs side by side"
          error={refused?.field("/max_batches")}
        />
        <TextField
          {...number}
          label="Packets per second"
          name="max_rate"
          max={10_000_000}
          defaultValue={limits.max_rate ?? ""}
          hint="Shared out among the batches that may run at a time, used or not; without a number of batches, 16 are meant"
          error={refused?.field("/max_rate")}
        />
      </div>
      <fieldset className="grid gap-4 sm:grid-cols-2">
        <legend className="mb-2 font-medium">Politeness</legend>
        <TextField
          {...number}
          label="Packets per second to one address"
          name="address_rate"
          max={10_000_000}
          defaultValue={limits.politeness?.address_rate ?? ""}
          hint="No batch runs faster, and none starts while those that run would bring one address above it"
          error={refused?.field("/politeness/address_rate")}
        />
        <TextField
          {...number}
          label="Packets per second to one network"
          name="network_rate"
          max={10_000_000}
          defaultValue={limits.politeness?.network_rate ?? ""}
          hint="The same for an IPv4 /24, or an IPv6 /64"
          error={refused?.field("/politeness/network_rate")}
        />
      </fieldset>
      <Complaint text={unplaced(save.error, fields)} />
      <footer className="flex justify-end">
        <Button look="primary" type="submit" busy={save.isPending}>
          Save
        </Button>
      </footer>
    </form>
  );
}
