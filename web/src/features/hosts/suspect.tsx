// That something else seems to answer in the place of a host.
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";

export function SuspectBadge({ evidence }: { evidence: string }) {
  return (
    <Badge tone="slow" title={evidence}>
      Suspect
    </Badge>
  );
}

/** The same with the evidence, what it means, and what to do. */
export function SuspectNote({ evidence }: { evidence: string }) {
  return (
    <div className="flex max-w-prose flex-col gap-1 rounded-md border border-line bg-slow-soft px-4 py-3">
      <p>
        <SuspectBadge evidence={evidence} /> <Foreign text={evidence} />
      </p>
      <p>
        Something seems to answer in its place: a tarpit, a firewall or a proxy. Its open ports may not be
        real, and comparisons leave it out. Look at it from another place in the network, or ask a few ports
        what is behind them, before you believe it.
      </p>
    </div>
  );
}
