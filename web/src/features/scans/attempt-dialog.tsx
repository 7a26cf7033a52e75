// All that is known of one attempt.
import { Link } from "@tanstack/react-router";
import { counted, size } from "@/lib/numbers";
import { Download } from "@/ui/button";
import { Copy } from "@/ui/copy";
import { Dialog } from "@/ui/dialog";
import { Foreign, ForeignBlock } from "@/ui/foreign";
import { Fact, Facts } from "@/ui/page";
import { Time } from "@/ui/time";
import type { Attempt } from "./queries";
import { Outcome } from "./state";
import { Took } from "./trials";

export function AttemptDialog({
  scan,
  attempt,
  onClose,
}: {
  scan: string;
  attempt: Attempt;
  onClose: () => void;
}) {
  const command = attempt.argv.map(quoted).join(" ");
  return (
    <Dialog title={`Batch ${attempt.batch_number}, attempt ${attempt.number}`} onClose={onClose} wide>
      <Facts>
        <Fact name="Outcome">
          <Outcome outcome={attempt.outcome} /> <Exit attempt={attempt} />
        </Fact>
        {attempt.reason && (
          <Fact name="Why">
            <Foreign text={attempt.reason} most={1_000} />
          </Fact>
        )}
        <Fact name="Batch">
          <Link
            to="/scans/$scan/batches"
            params={{ scan }}
            search={{ batch: attempt.batch_id }}
            className="link"
          >
            Batch {attempt.batch_number}
          </Link>
        </Fact>
        <Fact name="Worker">
          <Foreign text={attempt.worker} />
        </Fact>
        <Fact name="Began">
          <Time at={attempt.started_at} exact />
        </Fact>
        <Fact name="Took">
          <Took attempt={attempt} />
        </Fact>
        {attempt.version && (
          <Fact name="nmap">
            <Foreign text={attempt.version} />
          </Fact>
        )}
        {attempt.scan_infos.length > 0 && (
          <Fact name="Set out to probe">
            {attempt.scan_infos
              .map(({ kind, protocol, service_count }) =>
                [counted(service_count, "port"), protocol, `(${kind})`].filter(Boolean).join(" "),
              )
              .join(", ")}
          </Fact>
        )}
        {attempt.lines_dropped > 0 && (
          <Fact name="Lines dropped">
            {counted(attempt.lines_dropped, "line")}: nobody could keep up with them
          </Fact>
        )}
      </Facts>
      {attempt.fallbacks.length > 0 && (
        <section>
          <h3 className="mb-1 font-medium">Other than was asked for</h3>
          <ul className="list-disc pl-5">
            {attempt.fallbacks.map((fallback) => (
              <li key={fallback} className="foreign">
                <Foreign text={fallback} most={1_000} />
              </li>
            ))}
          </ul>
        </section>
      )}
      <section>
        <h3 className="mb-1 flex items-center gap-1 font-medium">
          Command <Copy text={command} what="the command" />
        </h3>
        {attempt.argv.length > 0 ? (
          <ForeignBlock text={command} />
        ) : (
          <p className="text-muted">Nothing was started.</p>
        )}
      </section>
      {attempt.stderr && (
        <section>
          <h3 className="mb-1 font-medium">Last words on standard error</h3>
          <ForeignBlock text={attempt.stderr} />
        </section>
      )}
      <section>
        <h3 className="mb-1 font-medium">Files</h3>
        {attempt.artifact_error && (
          <p className="text-danger">
            Some could not be written: <Foreign text={attempt.artifact_error} />
          </p>
        )}
        {attempt.artifacts.length === 0 && <p className="text-muted">It has left none yet.</p>}
        <ul className="flex flex-wrap gap-2">
          {attempt.artifacts.map((artifact) => (
            <li key={artifact.id}>
              <Download small href={artifact.href} name={artifact.name}>
                {artifact.name}
                <span className="text-muted">
                  {size(artifact.size_bytes)}
                  {artifact.truncated && ", cut at its limit"}
                </span>
              </Download>
            </li>
          ))}
        </ul>
      </section>
    </Dialog>
  );
}

function Exit({ attempt: { exit_code, signal } }: { attempt: Attempt }) {
  if (typeof signal === "number") return <span className="text-muted">ended by signal {signal}</span>;
  if (typeof exit_code === "number") return <span className="text-muted">exit code {exit_code}</span>;
  return null;
}

/** A word as a shell takes it. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
