// The scans of a project.
import { useInfiniteQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute } from "@tanstack/react-router";
import { projectQuery } from "@/api/projects";
import { projectScansQuery } from "@/features/projects/queries";
import { ScanList } from "@/features/scans/scan-list";
import { Button, LinkButton } from "@/ui/button";
import { Empty, Waiting } from "@/ui/empty";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";

export const Route = createFileRoute("/_app/projects/$project/")({
  component: ProjectScans,
});

function ProjectScans() {
  const { project: reference } = Route.useParams();
  const { data: project } = useSuspenseQuery(projectQuery(reference));
  const scans = useInfiniteQuery(projectScansQuery(reference));
  if (scans.error && !scans.data) return <Trouble error={scans.error} retry={() => void scans.refetch()} />;
  if (!scans.data) return <Waiting what="Loading the scans" />;
  const all = scans.data.pages.flatMap(({ items }) => items);
  return (
    <Card flush>
      {all.length === 0 ? (
        <Empty
          title="No scan yet"
          action={
            <>
              <LinkButton look="primary" to="/new-scan" search={{ project: project.name }}>
                New scan
              </LinkButton>
              <LinkButton to="/import" search={{ project: project.name }}>
                Import results
              </LinkButton>
            </>
          }
        >
          Scan something, or take in what nmap or masscan has found elsewhere.
        </Empty>
      ) : (
        <ScanList scans={all} label={`Scans of ${project.name}`} />
      )}
      {scans.hasNextPage && (
        <p className="p-3 text-center">
          <Button busy={scans.isFetchingNextPage} onClick={() => void scans.fetchNextPage()}>
            Show more
          </Button>
        </p>
      )}
    </Card>
  );
}
