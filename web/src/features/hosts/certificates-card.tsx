// The certificates that a host showed.
import type { Schemas } from "@/api/client";
import { absolute } from "@/lib/moments";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { Card, Fact, Facts } from "@/ui/page";
import { useNow } from "@/ui/time";
import { type Certificate, certificateOf, expiryOf, type Name } from "./certificates";

export function CertificatesCard({ ports }: { ports: Schemas["Port"][] }) {
  const certificates = ports.flatMap(({ port, protocol, scripts }) =>
    (scripts ?? [])
      .filter(({ id }) => id === "ssl-cert")
      .flatMap(({ data }) => {
        const certificate = certificateOf(data ?? []);
        return certificate ? [{ place: `${port}/${protocol}`, certificate }] : [];
      }),
  );
  if (certificates.length === 0) return null;
  return (
    <Card title={certificates.length === 1 ? "Certificate" : "Certificates"}>
      <div className="flex flex-col gap-5">
        {certificates.map(({ place, certificate }) => (
          <One key={place} place={place} certificate={certificate} />
        ))}
      </div>
    </Card>
  );
}

/** Days are what counts here, so the clock may stand still for an hour. */
function useHour(): number {
  const hour = 3_600_000;
  return Math.floor(useNow() / hour) * hour;
}

function One({ place, certificate }: { place: string; certificate: Certificate }) {
  const expiry = expiryOf(certificate, useHour());
  const { subject, issuer, isOwn, alternatives, key, signature, from, until } = certificate;
  return (
    <section className="min-w-0">
      <h3 className="mb-2 flex flex-wrap items-center gap-2 font-medium">
        <span className="num">Port {place}</span>
        {expiry && <Badge tone={expiry.tone}>{expiry.says}</Badge>}
        {isOwn && <Badge tone="slow">signed by itself</Badge>}
      </h3>
      <Facts>
        <Fact name="Subject">
          <Names names={subject} />
        </Fact>
        {alternatives.length > 0 && (
          <Fact name="Also for">
            <Foreign text={alternatives.join(", ")} most={600} />
          </Fact>
        )}
        <Fact name="Issuer">
          <Names names={issuer} />
        </Fact>
        <Fact name="Valid">
          {from ? absolute(from) : "?"} to {until ? absolute(until) : "?"}
        </Fact>
        {(key || signature) && (
          <Fact name="Key">
            <Foreign text={[key, signature].filter(Boolean).join(", ")} />
          </Fact>
        )}
      </Facts>
    </section>
  );
}

function Names({ names }: { names: Name[] }) {
  if (names.length === 0) return <span className="text-muted">not told</span>;
  return (
    <>
      {names.map(([key, value]) => (
        <p key={key}>
          <Foreign text={value} />{" "}
          <span className="text-xs text-muted">
            <Foreign text={key} most={40} />
          </span>
        </p>
      ))}
    </>
  );
}
