// What stands on pages about a project while there is none.
import { LinkButton } from "@/ui/button";
import { Empty } from "@/ui/empty";
import { Page } from "@/ui/page";

export function NoProject({ title }: { title: string }) {
  return (
    <Page title={title}>
      <Empty
        title="There is no project yet"
        action={
          <LinkButton to="/projects" look="primary">
            Make a project
          </LinkButton>
        }
      >
        Scans and what they find belong to a project.
      </Empty>
    </Page>
  );
}
