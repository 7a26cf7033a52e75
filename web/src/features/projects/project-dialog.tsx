// Makes a project, or changes what it is called and what it is for.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "@/api/client";
import { refusalOf, unplaced } from "@/api/problem";
import { Dialog } from "@/ui/dialog";
import { TextArea, TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { submitting } from "@/ui/submitting";
import { say } from "@/ui/toast";

type Project = Schemas["ProjectBody"];

export function ProjectDialog({
  project,
  onDone,
  onClose,
}: {
  /** The one to be changed; without it a new one is made. */
  project?: Project;
  onDone: (project: Project) => void;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (form: FormData) => {
      const body = {
        name: String(form.get("name") ?? "").trim(),
        description: String(form.get("description") ?? "").trim(),
      };
      return answer(
        project
          ? api.PUT("/projects/{id}", {
              params: { path: { id: project.id } },
              body: { ...body, limits: null },
            })
          : api.POST("/projects", { body: { ...body, limits: null } }),
      );
    },
    onSuccess: async (saved) => {
      say(project ? `Saved ${saved.name}` : `Made ${saved.name}`);
      // Pages of an old name would ask for what is no longer there.
      await client.invalidateQueries({ queryKey: ["projects"], refetchType: project ? "none" : "active" });
      onClose();
      onDone(saved);
    },
  });
  const refused = refusalOf(save.error);
  const isTaken = refused?.status === 409;
  return (
    <Dialog title={project ? `Change ${project.name}` : "New project"} onClose={onClose}>
      <form onSubmit={submitting(save.mutate)} className="flex flex-col gap-4">
        <TextField
          label="Name"
          name="name"
          required
          autoFocus
          maxLength={200}
          defaultValue={project?.name}
          error={isTaken ? refused.message : refused?.field("/name")}
        />
        <TextArea
          label="Description"
          name="description"
          hint="What it is for, and whose it is"
          rows={3}
          spellCheck
          maxLength={10_000}
          defaultValue={project?.description}
          error={refused?.field("/description")}
        />
        <FormEnd
          complaint={isTaken ? undefined : unplaced(save.error, ["/name", "/description"])}
          busy={save.isPending}
          onCancel={onClose}
        >
          {project ? "Save" : "Make the project"}
        </FormEnd>
      </form>
    </Dialog>
  );
}
