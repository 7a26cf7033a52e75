// What scripts said of a port or of a host: for people, and as the data behind it.
import type { Schemas } from "@/api/client";
import { Foreign, ForeignBlock } from "@/ui/foreign";

type Node = Schemas["ScriptNode"];

/** Deeper than this nothing that nmap has goes. */
const deepest = 12;
/** So many entries of one table are shown. */
const mostEntries = 500;

export function Scripts({ scripts }: { scripts: Schemas["Script"][] }) {
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {scripts.map((script, place) => (
        // The same script can speak twice.
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes its order.
        <section key={`${script.id} ${place}`} className="min-w-0">
          <h4 className="mb-1 font-mono text-xs font-semibold">
            <Foreign text={script.id || "unnamed"} />
          </h4>
          {script.output && <ForeignBlock text={script.output.replace(/^\n/, "")} />}
          {script.truncated && (
            <p className="text-xs text-slow">It said more than is kept; the raw files may have all of it.</p>
          )}
          {script.data?.length > 0 && (
            <details className="mt-1">
              <summary className="w-fit cursor-pointer text-xs text-muted">As data</summary>
              <div className="mt-1 rounded-md bg-raised p-2 text-xs">
                <Tree nodes={script.data} depth={0} />
              </div>
            </details>
          )}
        </section>
      ))}
    </div>
  );
}

function Tree({ nodes, depth }: { nodes: Node[]; depth: number }) {
  if (depth > deepest) return <span className="text-muted">…</span>;
  return (
    <ul className="flex min-w-0 flex-col gap-0.5">
      {nodes.slice(0, mostEntries).map((node, place) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes its order.
        <li key={place} className="min-w-0">
          {node.key && (
            <span className="mr-2 text-muted">
              <Foreign text={node.key} most={80} />
            </span>
          )}
          {"text" in node ? (
            <span className="font-mono">
              <Foreign text={node.text} most={400} />
            </span>
          ) : (
            <div className="border-l border-line pl-3">
              <Tree nodes={node.table} depth={depth + 1} />
            </div>
          )}
        </li>
      ))}
      {nodes.length > mostEntries && <li className="text-muted">and {nodes.length - mostEntries} more</li>}
    </ul>
  );
}
