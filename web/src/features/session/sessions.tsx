// Where one is signed in, and how to end that.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { visible } from "@/lib/foreign";
import { counted } from "@/lib/numbers";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Waiting } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { complain, say } from "@/ui/toast";
import { Trouble } from "@/ui/trouble";
import { browserOf } from "./browser";
import { sessionsQuery } from "./queries";

export function Sessions() {
  const { data: sessions, error, refetch } = useQuery(sessionsQuery);
  const client = useQueryClient();
  const [isEnding, setEnding] = useState(false);
  const others = sessions?.filter(({ is_current }) => !is_current).length ?? 0;
  return (
    <Card
      title="Where you are signed in"
      flush
      actions={
        <Button
          small
          look="danger"
          reason={others === 0 ? "there are no others" : undefined}
          onClick={() => setEnding(true)}
        >
          End all others
        </Button>
      }
    >
      {error && <Trouble error={error} retry={() => void refetch()} />}
      {!sessions && !error && <Waiting />}
      {sessions && (
        <Table
          label="Your sessions"
          head={
            <>
              <Head>Browser</Head>
              <Head>From</Head>
              <Head>Last used</Head>
              <Head>Signed in</Head>
              <Head>Ends</Head>
              <Head />
            </>
          }
        >
          {sessions.map((one) => (
            <tr key={one.id}>
              <Cell className="min-w-56">
                <span title={visible(one.agent)}>
                  <Foreign text={browserOf(one.agent)} most={60} />
                </span>{" "}
                {one.is_current && <Badge tone="good">This one</Badge>}
              </Cell>
              <Cell>{one.remote}</Cell>
              <Cell>
                <Time at={one.last_seen_at} />
              </Cell>
              <Cell>
                <Time at={one.created_at} />
              </Cell>
              <Cell>
                <Time at={one.expires_at} />
              </Cell>
              <Cell right>
                <End id={one.id} isCurrent={one.is_current} />
              </Cell>
            </tr>
          ))}
        </Table>
      )}
      {isEnding && (
        <Confirm
          title="End all other sessions"
          action="End them"
          onClose={() => setEnding(false)}
          act={async () => {
            await answer(api.DELETE("/session/others"));
            await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
            say("All other sessions have ended");
          }}
        >
          {counted(others, "session")} will be shut out within a second. This one goes on.
        </Confirm>
      )}
    </Card>
  );
}

function End({ id, isCurrent }: { id: string; isCurrent: boolean }) {
  const client = useQueryClient();
  const end = useMutation({
    mutationFn: () => answer(api.DELETE("/session/others/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      say("The session has ended");
    },
    onError: complain,
  });
  return (
    <Button
      small
      busy={end.isPending}
      reason={isCurrent ? "this is the one you use: sign out instead" : undefined}
      onClick={() => end.mutate()}
    >
      End
    </Button>
  );
}
