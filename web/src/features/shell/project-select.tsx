// Picks the project that a page is about.
import type { Schemas } from "@/api/client";
import { SelectField } from "@/ui/field";

export function ProjectSelect({
  projects,
  project,
  onPick,
}: {
  projects: Schemas["ProjectBody"][];
  project: string | undefined;
  onPick: (project: string) => void;
}) {
  const isKnown = projects.some(({ id, name }) => name === project || id === project);
  return (
    <div className="w-48">
      <SelectField
        label="Project"
        bare
        value={projects.find(({ id }) => id === project)?.name ?? project ?? ""}
        onChange={(event) => onPick(event.target.value)}
      >
        {!isKnown && <option value={project ?? ""}>{project ?? "No project"}</option>}
        {projects.map(({ id, name }) => (
          <option key={id} value={name}>
            {name}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
