// How queries are written, with examples that can be tried.
import { CircleHelp } from "lucide-react";
import { useState } from "react";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { Cell, Head, Table } from "@/ui/table";
import { examples, queryFields } from "./query-fields";

export function SearchHelp({ onPick }: { onPick: (query: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  function pick(query: string) {
    setOpen(false);
    onPick(query);
  }
  return (
    <>
      <Button icon={<CircleHelp size={15} aria-hidden />} onClick={() => setOpen(true)}>
        Help
      </Button>
      {isOpen && (
        <Dialog title="How to search" wide onClose={() => setOpen(false)}>
          <p>
            A blank means <em>and</em>; <code>or</code> and parentheses put terms together; <code>-</code>{" "}
            right before a term means that it must not hold. What is asked of a port side by side is asked of
            one and the same port.
          </p>
          <ul aria-label="Examples" className="grid gap-1 sm:grid-cols-2">
            {examples.map(({ query, means }) => (
              <li key={query} className="min-w-0">
                <button
                  type="button"
                  onClick={() => pick(query)}
                  className="w-full rounded px-2 py-1 text-left hover:bg-raised"
                >
                  <code className="link">{query}</code>
                  <span className="block text-xs text-muted">{means}</span>
                </button>
              </li>
            ))}
          </ul>
          <Table
            label="Fields"
            head={
              <>
                <Head>Field</Head>
                <Head>Asks for</Head>
                <Head>Example</Head>
              </>
            }
          >
            {queryFields.map(({ name, asks, example }) => (
              <tr key={name}>
                <Cell>
                  <code>{name}</code>
                </Cell>
                <Cell>{asks}</Cell>
                <Cell>
                  <button type="button" className="link font-mono" onClick={() => pick(example)}>
                    {example}
                  </button>
                </Cell>
              </tr>
            ))}
          </Table>
          <p className="text-muted">
            <code>field:value</code> is a whole text or whole words of it, <code>field~value</code> any part,{" "}
            <code>*</code> any characters, <code>a,b</code> one of these. Text with blanks stands in quotes.
            Ages are numbers with s, m, h, d or w.
          </p>
        </Dialog>
      )}
    </>
  );
}
