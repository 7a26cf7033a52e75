// What is known of a host as a whole.
import type { Schemas } from "@/api/client";
import { duration, number } from "@/lib/numbers";
import { Foreign, ForeignBlock } from "@/ui/foreign";
import { Card, Fact, Facts } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";

type Host = Schemas["Host"];

/** More names than this are counted. */
const mostNames = 50;

export function HostFacts({ host }: { host: Host }) {
  const { hostnames = [], mac, vendor, uptime, distance, times, tcp_sequence, ip_id_sequence } = host;
  return (
    <Facts>
      <Fact name="Status">
        {host.status} <span className="text-muted">by </span>
        <Foreign text={host.reason || "nothing that was told"} />
        {host.timed_out && (
          <p className="text-slow">nmap gave up on it: ports that are missing mean nothing.</p>
        )}
        {host.truncated && <p className="text-slow">nmap wrote more than is kept.</p>}
      </Fact>
      {hostnames.length > 0 && (
        <Fact name="Names">
          {hostnames.slice(0, mostNames).map(({ name, kind }) => (
            <p key={`${name} ${kind}`}>
              <Foreign text={name} />{" "}
              <span className="text-xs text-muted">
                {kind === "user" ? "asked for" : <Foreign text={kind} most={20} />}
              </span>
            </p>
          ))}
          {hostnames.length > mostNames && (
            <p className="text-muted">and {number(hostnames.length - mostNames)} more</p>
          )}
        </Fact>
      )}
      {(mac || vendor) && (
        <Fact name="Hardware">
          <span className="font-mono">
            <Foreign text={mac} />
          </span>{" "}
          <Foreign text={vendor} />
        </Fact>
      )}
      {typeof distance === "number" && <Fact name="Distance">{number(distance)} hops</Fact>}
      {uptime && (
        <Fact name="Up for">
          {duration(uptime.seconds * 1_000)}{" "}
          {uptime.last_boot && (
            <span className="text-muted">
              since <Foreign text={uptime.last_boot} />
            </span>
          )}
        </Fact>
      )}
      {times && <Fact name="Round trip">{milliseconds(times.srtt)} on average</Fact>}
      {tcp_sequence && (
        <Fact name="TCP sequence">
          <Foreign text={tcp_sequence.difficulty ?? tcp_sequence.class} />
          {typeof tcp_sequence.index === "number" && (
            <span className="text-muted"> ({number(tcp_sequence.index)})</span>
          )}
        </Fact>
      )}
      {ip_id_sequence?.class && (
        <Fact name="IP id">
          <Foreign text={ip_id_sequence.class} />
        </Fact>
      )}
    </Facts>
  );
}

/** Microseconds, as nmap counts round trips. */
function milliseconds(microseconds: number): string {
  return `${(microseconds / 1_000).toFixed(microseconds < 10_000 ? 2 : 0)} ms`;
}

export function SystemsCard({ host }: { host: Host }) {
  const { os = [], os_fingerprints = [], os_ports_used = [] } = host;
  if (os.length + os_fingerprints.length === 0) return null;
  return (
    <Card title="Operating system" flush>
      {os.length > 0 && (
        <Table
          label="Operating systems that its answers resemble"
          head={
            <>
              <Head>Name</Head>
              <Head>Kind</Head>
              <Head right>Fits</Head>
            </>
          }
        >
          {os.slice(0, 20).map((match, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the list never changes its order.
            <tr key={`${match.name} ${place}`}>
              <Cell>
                <Foreign text={match.name} />
                {match.cpe?.slice(0, 5).map((cpe) => (
                  <p key={cpe} className="font-mono text-xs text-muted">
                    <Foreign text={cpe} most={100} />
                  </p>
                ))}
              </Cell>
              <Cell className="text-muted">
                <Foreign text={kindOf(match.classes?.[0])} most={80} />
              </Cell>
              <Cell right>{match.accuracy} %</Cell>
            </tr>
          ))}
        </Table>
      )}
      {os_ports_used.length > 0 && (
        <p className="border-t border-line px-3 py-2 text-xs text-muted">
          Told by{" "}
          {os_ports_used.map(({ port, protocol, state }) => `${port}/${protocol} (${state})`).join(", ")}
        </p>
      )}
      {os_fingerprints.map((fingerprint) => (
        <details key={fingerprint} className="border-t border-line px-3 py-2">
          <summary className="cursor-pointer">Fingerprint that nothing matched</summary>
          <ForeignBlock text={fingerprint} />
        </details>
      ))}
    </Card>
  );
}

function kindOf(known: Schemas["OsClass"] | undefined): string {
  if (!known) return "";
  const { vendor, family, generation, device_type } = known;
  return [vendor === family ? undefined : vendor, family, generation, device_type].filter(Boolean).join(" ");
}

export function TraceCard({ trace }: { trace: Schemas["Trace"] | null | undefined }) {
  if (!trace || trace.hops.length === 0) return null;
  return (
    <Card title="The way there" flush>
      <Table
        label="Machines passed on the way"
        head={
          <>
            <Head right>Hop</Head>
            <Head>Address</Head>
            <Head>Name</Head>
            <Head right>Round trip</Head>
          </>
        }
      >
        {trace.hops.slice(0, 64).map(({ ttl, address, host, rtt_ms }) => (
          <tr key={ttl}>
            <Cell right>{ttl}</Cell>
            <Cell className="min-w-32 font-mono">
              <Foreign text={address ?? "?"} />
            </Cell>
            <Cell className="min-w-32">
              <Foreign text={host} />
            </Cell>
            <Cell right>
              <Foreign text={rtt_ms && rtt_ms !== "--" ? `${rtt_ms} ms` : "?"} most={20} />
            </Cell>
          </tr>
        ))}
      </Table>
    </Card>
  );
}
