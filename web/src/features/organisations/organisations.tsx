// Organisations: who shares projects, scans and results with whom.
import { useMutation, useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { goToOrganisation, useRefusal, useSession } from "@/api/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Foreign } from "@/ui/foreign";
import { FormEnd } from "@/ui/form-end";
import { Card, Page } from "@/ui/page";
import { submitting } from "@/ui/submitting";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { complain, say } from "@/ui/toast";
import { organisationsQuery } from "./queries";

export function Organisations({ onChanged }: { onChanged: () => Promise<void> }) {
  const { data: organisations } = useSuspenseQuery(organisationsQuery);
  const { organisation: current, organisations: own } = useSession();
  const refusal = useRefusal("settings");
  const [isCreating, setCreating] = useState(false);
  return (
    <Page
      title="Organisations"
      actions={
        <Button
          look="primary"
          reason={refusal && "only admins of the first organisation may make others"}
          onClick={() => setCreating(true)}
        >
          New organisation
        </Button>
      }
    >
      <p className="max-w-prose text-muted">
        Organisations do not see each other: each has its own users, projects, scans and results. They share
        the server and its workers.
      </p>
      <Card flush>
        <Table
          label="Organisations"
          head={
            <>
              <Head>Name</Head>
              <Head>Made</Head>
              <Head />
            </>
          }
        >
          {organisations.map(({ id, name, created_at }) => (
            <tr key={id}>
              <Cell className="min-w-36 font-medium">
                <Foreign text={name} />
              </Cell>
              {/* The first one is there from the beginning, and nobody made it. */}
              <Cell>{Date.parse(created_at) > 0 ? <Time at={created_at} /> : "with the server"}</Cell>
              <Cell right>
                {id === current.id ? (
                  <Badge tone="good">You are here</Badge>
                ) : (
                  <Go name={name} isOwn={own.some((one) => one.id === id)} onChanged={onChanged} />
                )}
              </Cell>
            </tr>
          ))}
        </Table>
      </Card>
      {isCreating && <NewOrganisation onClose={() => setCreating(false)} />}
    </Page>
  );
}

function Go({ name, isOwn, onChanged }: { name: string; isOwn: boolean; onChanged: () => Promise<void> }) {
  const client = useQueryClient();
  const go = useMutation({
    mutationFn: () => goToOrganisation(client, name),
    onSuccess: async () => {
      await onChanged();
      say(`You are in ${name} now`);
    },
    onError: complain,
  });
  return (
    <Button
      small
      busy={go.isPending}
      reason={isOwn ? undefined : "you do not belong to it"}
      aria-label={`Go to ${name}`}
      onClick={() => go.mutate()}
    >
      Go there
    </Button>
  );
}

function NewOrganisation({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: (form: FormData) =>
      answer(api.POST("/organisations", { body: { name: String(form.get("name") ?? "").trim() } })),
    onSuccess: async ({ name }) => {
      await client.invalidateQueries({ queryKey: ["organisations"] });
      await client.invalidateQueries({ queryKey: ["session"] });
      say(`${name} is made, and you are its first admin`);
      onClose();
    },
  });
  return (
    <Dialog title="New organisation" onClose={onClose}>
      <form onSubmit={submitting(create.mutate)} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          autoFocus
          autoComplete="off"
          hint="You will be its first admin, and can add others once you have gone there"
          error={refusalOf(create.error)?.field("/name")}
        />
        <FormEnd complaint={unplaced(create.error, ["/name"])} busy={create.isPending} onCancel={onClose}>
          Create
        </FormEnd>
      </form>
    </Dialog>
  );
}
