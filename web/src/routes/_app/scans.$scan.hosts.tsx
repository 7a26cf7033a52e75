// The hosts of a scan.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import type { OfScan } from "@/features/hosts/queries";
import { ScanHosts } from "@/features/hosts/scan-hosts";
import { hasEnded } from "@/features/scans/may";
import { scanQuery, statusQuery } from "@/features/scans/queries";
import { optionalNumber, optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/scans/$scan/hosts")({
  validateSearch: (search: Record<string, unknown>): OfScan => ({
    where: optionalText(search.where),
    open: search.open === true || search.open === "true" ? true : undefined,
    port: optionalNumber(search.port),
    service: optionalText(search.service),
  }),
  component: Hosts,
});

function Hosts() {
  const id = Route.useParams().scan;
  const { where, open, port, service } = Route.useSearch();
  const navigate = Route.useNavigate();
  const scan = useSuspenseQuery(scanQuery(id)).data;
  const status = useSuspenseQuery(statusQuery(id)).data;
  return (
    <ScanHosts
      scan={scan}
      isOver={hasEnded(status)}
      filters={{ where, open, port, service }}
      onFilter={(change) => void navigate({ search: (before) => ({ ...before, ...change }) })}
    />
  );
}
