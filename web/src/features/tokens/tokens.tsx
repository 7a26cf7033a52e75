// Tokens: how programs sign in.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { useRefusal, useSession } from "@/api/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { Foreign } from "@/ui/foreign";
import { Card, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time, useNow } from "@/ui/time";
import { say } from "@/ui/toast";
import { validity } from "./expiry";
import { NewToken } from "./new-token";
import { type Token, tokensQuery } from "./queries";
import { TokenSecret } from "./token-secret";

export function Tokens() {
  const { data: tokens } = useSuspenseQuery(tokensQuery);
  const { permissions } = useSession();
  const refusal = useRefusal("own");
  const [isCreating, setCreating] = useState(false);
  const [made, setMade] = useState<Schemas["NewToken"]>();
  const seesAll = permissions.includes("people");
  const create = (
    <Button look="primary" reason={refusal} onClick={() => setCreating(true)}>
      New token
    </Button>
  );
  return (
    <Page title="Tokens" actions={create}>
      <p className="max-w-prose text-muted">
        A token lets a program speak to the server: the command line, a script or an assistant. It may do no
        more than who made it. Revoke those that nobody uses.
      </p>
      <Card title={seesAll ? "Tokens of everybody" : "Your tokens"} flush>
        {tokens.length > 0 ? (
          <TokenTable tokens={tokens} />
        ) : (
          <Empty title="No tokens yet" action={create}>
            Make one for each program, so that you can revoke it alone.
          </Empty>
        )}
      </Card>
      {isCreating && (
        <NewToken
          onClose={() => setCreating(false)}
          onMade={(token) => {
            setCreating(false);
            setMade(token);
          }}
        />
      )}
      {made && <TokenSecret token={made} onClose={() => setMade(undefined)} />}
    </Page>
  );
}

function TokenTable({ tokens }: { tokens: Token[] }) {
  const client = useQueryClient();
  const refusal = useRefusal("own");
  const [revoking, setRevoking] = useState<Token>();
  return (
    <>
      <Table
        label="Tokens"
        head={
          <>
            <Head>Name</Head>
            <Head>Whose</Head>
            <Head>May do</Head>
            <Head>Last used</Head>
            <Head>Made</Head>
            <Head>Ends</Head>
            <Head />
          </>
        }
      >
        {tokens.map((token) => (
          <tr key={token.id}>
            <Cell className="min-w-36">
              <p className="font-medium">
                <Foreign text={token.name} />
              </p>
              <p className="font-mono text-xs text-muted">{token.id}</p>
            </Cell>
            <Cell className="min-w-24">
              {token.owner ? <Foreign text={token.owner} /> : <span className="text-muted">the server</span>}
            </Cell>
            <Cell>
              <p>{token.role}</p>
              <p className="text-xs text-muted">
                {token.scopes.length > 0 ? `only ${token.scopes.join(", ")}` : "all of the role"}
              </p>
            </Cell>
            <Cell>
              <Time at={token.last_used_at} />
            </Cell>
            <Cell>
              <Time at={token.created_at} />
            </Cell>
            <Cell>
              <End at={token.expires_at} />
            </Cell>
            <Cell right>
              <Button
                small
                look="danger"
                reason={refusal}
                aria-label={`Revoke ${token.name}`}
                onClick={() => setRevoking(token)}
              >
                Revoke
              </Button>
            </Cell>
          </tr>
        ))}
      </Table>
      {revoking && (
        <Confirm
          title={`Revoke ${revoking.name}`}
          action="Revoke"
          onClose={() => setRevoking(undefined)}
          act={async () => {
            await answer(api.DELETE("/tokens/{id}", { params: { path: { id: revoking.id } } }));
            await client.invalidateQueries({ queryKey: ["tokens"] });
            say(`${revoking.name} is revoked`);
          }}
        >
          Programs that use it are shut out at once, and so are the tokens that were made with it.
        </Confirm>
      )}
    </>
  );
}

function End({ at }: { at: string | null | undefined }) {
  const now = useNow();
  if (!at) return <span className="text-muted">when it is revoked</span>;
  const state = validity(at, now);
  return (
    <span className="flex flex-wrap items-center gap-1">
      <Time at={at} />
      {state === "expired" && <Badge tone="ended">Expired</Badge>}
      {state === "soon" && <Badge tone="slow">Soon</Badge>}
    </span>
  );
}
