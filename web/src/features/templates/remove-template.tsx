// Removes a template.
import { useQueryClient } from "@tanstack/react-query";
import { answer, api } from "@/api/client";
import { Confirm } from "@/ui/dialog";
import { say } from "@/ui/toast";
import type { Template } from "./queries";

export function RemoveTemplate({
  template: { id, name, newest },
  onRemoved,
  onClose,
}: {
  template: Template;
  /** Called before the cache forgets it. */
  onRemoved?: () => Promise<void>;
  onClose: () => void;
}) {
  const client = useQueryClient();
  return (
    <Confirm
      title={`Remove ${name}`}
      action="Remove"
      onClose={onClose}
      act={async () => {
        await answer(api.DELETE("/templates/{id}", { params: { path: { id } } }));
        say(`${name} is removed`);
        await onRemoved?.();
        client.removeQueries({ queryKey: ["templates", id] });
        await client.invalidateQueries({ queryKey: ["templates"], exact: true });
      }}
    >
      {newest === 1 ? "Its text is gone then." : `All of its ${newest} versions are gone then.`} Scans that
      were made from it stay.
    </Confirm>
  );
}
