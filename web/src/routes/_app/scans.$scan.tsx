// The frame of the pages of one scan.
import { createFileRoute, notFound, Outlet } from "@tanstack/react-router";
import { Refused } from "@/api/problem";
import { scanQuery, statusQuery } from "@/features/scans/queries";
import { ScanFrame } from "@/features/scans/scan-frame";

export const Route = createFileRoute("/_app/scans/$scan")({
  loader: async ({ context: { queryClient }, params: { scan } }) => {
    try {
      await Promise.all([
        queryClient.ensureQueryData(scanQuery(scan)),
        queryClient.ensureQueryData(statusQuery(scan)),
      ]);
    } catch (error) {
      // What is no id is not found either.
      if (error instanceof Refused && [400, 404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  component: Frame,
});

function Frame() {
  const { scan } = Route.useParams();
  return (
    <ScanFrame id={scan} key={scan}>
      <Outlet />
    </ScanFrame>
  );
}
