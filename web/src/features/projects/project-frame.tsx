// The frame of a project's pages: its name, what may be done with it, and its parts.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Radar } from "lucide-react";
import { type ReactNode, useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { projectQuery } from "@/api/projects";
import { useRefusal } from "@/api/session";
import { counted, number } from "@/lib/numbers";
import { LinkButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { TextField } from "@/ui/field";
import { Menu, MenuItem } from "@/ui/menu";
import { Crumb, Page, Tab, Tabs } from "@/ui/page";
import { say } from "@/ui/toast";
import { ProjectDialog } from "./project-dialog";
import { ScopeInWords } from "./project-list";

export function ProjectFrame({ reference, children }: { reference: string; children: ReactNode }) {
  const { data: project } = useSuspenseQuery(projectQuery(reference));
  const [open, setOpen] = useState<"change" | "remove">();
  const navigate = useNavigate();
  const refusal = useRefusal("projects");
  const params = { project: reference };
  const close = () => setOpen(undefined);
  return (
    <Page
      title={project.name}
      crumbs={<Crumb to="/projects">Projects</Crumb>}
      actions={
        <>
          <LinkButton
            look="primary"
            to="/new-scan"
            search={{ project: project.name }}
            icon={<Radar size={16} aria-hidden />}
          >
            New scan
          </LinkButton>
          <Menu label="More">
            <MenuItem reason={refusal} onClick={() => setOpen("change")}>
              Change name and description
            </MenuItem>
            <MenuItem reason={refusal} onClick={() => setOpen("remove")}>
              Remove the project
            </MenuItem>
          </Menu>
        </>
      }
    >
      <div className="flex flex-col gap-1">
        {project.description && (
          <p className="foreign max-w-prose whitespace-pre-line">{project.description}</p>
        )}
        <div className="text-muted">
          <ScopeInWords scope={project.scope} />
        </div>
      </div>
      <Tabs label={`Parts of ${project.name}`}>
        <Tab to="/projects/$project" params={params} activeOptions={{ exact: true }}>
          Scans <Count>{project.scans}</Count>
        </Tab>
        <Tab to="/projects/$project/targets" params={params}>
          Targets <Count>{project.targets}</Count>
        </Tab>
        <Tab to="/projects/$project/scope" params={params}>
          Scope
        </Tab>
        <Tab to="/projects/$project/limits" params={params}>
          Limits
        </Tab>
        <Tab to="/projects/$project/searches" params={params}>
          Searches
        </Tab>
      </Tabs>
      {children}
      {open === "change" && (
        <ProjectDialog
          project={project}
          onClose={close}
          onDone={({ name }) => navigate({ to: "/projects/$project", params: { project: name } })}
        />
      )}
      {open === "remove" && (
        <Removal project={project} onClose={close} onDone={() => navigate({ to: "/projects" })} />
      )}
    </Page>
  );
}

function Count({ children }: { children: number }) {
  return <span className="num ml-1 text-xs text-muted">{number(children)}</span>;
}

/** A project goes with all that its scans found, so its name has to be written. */
function Removal({
  project,
  onDone,
  onClose,
}: {
  project: Schemas["ProjectBody"];
  onDone: () => void;
  onClose: () => void;
}) {
  const [written, write] = useState("");
  const client = useQueryClient();
  async function remove() {
    await answer(api.DELETE("/projects/{id}", { params: { path: { id: project.id } } }));
    say(`Removed ${project.name}`);
    await client.invalidateQueries({ queryKey: ["projects"], refetchType: "none" });
    await client.invalidateQueries({ queryKey: ["scans"], refetchType: "none" });
    onDone();
  }
  return (
    <Confirm
      title={`Remove ${project.name}`}
      action="Remove the project"
      act={remove}
      reason={written.trim() === project.name ? undefined : "the name is not written as it is"}
      onClose={onClose}
    >
      <div className="flex flex-col gap-4">
        <p>
          Its {counted(project.scans, "scan")} with all that they found, its{" "}
          {counted(project.targets, "target")}, its scope and its searches go with it. This cannot be taken
          back.
        </p>
        <TextField
          label={`Write ${project.name} to go on`}
          autoComplete="off"
          value={written}
          onChange={(event) => write(event.target.value)}
        />
      </div>
    </Confirm>
  );
}
