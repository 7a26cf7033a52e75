// The searches that were saved in a project.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { searchesQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { IconButton, LinkButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Empty } from "@/ui/empty";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { say } from "@/ui/toast";

type Saved = Schemas["SavedSearchBody"];

export function Searches({ reference, project }: { reference: string; project: string }) {
  const { data: searches } = useSuspenseQuery(searchesQuery(reference));
  const [going, setGoing] = useState<Saved>();
  const client = useQueryClient();
  const refusal = useRefusal("scan");
  async function remove({ name }: Saved) {
    await answer(api.DELETE("/projects/{id}/searches/{name}", { params: { path: { id: reference, name } } }));
    say(`Removed @${name}`);
    await client.invalidateQueries({ queryKey: ["projects"] });
  }
  return (
    <Card title="Saved searches" flush>
      {searches.length === 0 ? (
        <Empty
          title="No search is saved"
          action={
            <LinkButton to="/hosts" search={{ project }}>
              Look for hosts
            </LinkButton>
          }
        >
          Look for hosts and save the query under a name. Its hosts can be scanned again whenever it is
          needed.
        </Empty>
      ) : (
        <Table
          label="Saved searches"
          head={
            <>
              <Head>Name</Head>
              <Head>Query</Head>
              <Head>Saved by</Head>
              <Head>When</Head>
              <Head />
            </>
          }
        >
          {searches.map((search) => (
            <tr key={search.name}>
              <Cell className="foreign min-w-32 font-medium">@{search.name}</Cell>
              <Cell className="min-w-48">
                <code className="foreign">{search.query}</code>
              </Cell>
              <Cell className="foreign">{search.saved_by.replace(/^user:/, "")}</Cell>
              <Cell>
                <Time at={search.saved_at} />
              </Cell>
              <Cell>
                <span className="flex flex-wrap justify-end gap-2">
                  <LinkButton small to="/hosts" search={{ project, q: `@${search.name}` }}>
                    Show its hosts
                  </LinkButton>
                  <LinkButton small to="/new-scan" search={{ project, search: `@${search.name}` }}>
                    Scan its hosts
                  </LinkButton>
                  <IconButton
                    label={`Remove @${search.name}`}
                    reason={refusal}
                    icon={<Trash2 size={14} aria-hidden />}
                    onClick={() => setGoing(search)}
                  />
                </span>
              </Cell>
            </tr>
          ))}
        </Table>
      )}
      {going && (
        <Confirm
          title={`Remove @${going.name}`}
          action="Remove"
          act={() => remove(going)}
          onClose={() => setGoing(undefined)}
        >
          <p>Scans that were made of it stay as they are.</p>
        </Confirm>
      )}
    </Card>
  );
}
