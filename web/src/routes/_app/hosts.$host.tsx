// A host as one scan saw it.
import { useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, notFound } from "@tanstack/react-router";
import { Refused } from "@/api/problem";
import { HostPage } from "@/features/hosts/host-page";
import { hostQuery } from "@/features/hosts/queries";
import { scanQuery } from "@/features/scans/queries";

export const Route = createFileRoute("/_app/hosts/$host")({
  loader: async ({ context: { queryClient }, params }) => {
    try {
      const { scan_id } = await queryClient.ensureQueryData(hostQuery(params.host));
      await queryClient.ensureQueryData(scanQuery(scan_id));
    } catch (error) {
      if (error instanceof Refused && [400, 404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  component: Host,
});

function Host() {
  const host = useSuspenseQuery(hostQuery(Route.useParams().host)).data;
  const scan = useSuspenseQuery(scanQuery(host.scan_id)).data;
  return <HostPage host={host} scan={scan} />;
}
