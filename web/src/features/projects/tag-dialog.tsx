// Says which tags one target carries, or puts tags on many and takes others off.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { tagsOf } from "@/api/projects";
import { counted } from "@/lib/numbers";
import { Dialog } from "@/ui/dialog";
import { CheckField, TextField } from "@/ui/field";
import { FormEnd } from "@/ui/form-end";
import { say } from "@/ui/toast";
import { retagged, wordsOf } from "./tags";

type Target = Schemas["TargetBody"];

/** So many targets are tagged at a time. */
const lanes = 6;

export function TagDialog({
  reference,
  targets,
  onClose,
}: {
  reference: string;
  targets: Target[];
  onClose: () => void;
}) {
  const [written, write] = useState("");
  const [off, setOff] = useState<string[]>([]);
  const [done, setDone] = useState(0);
  const client = useQueryClient();
  const put = useMutation({
    mutationFn: () => {
      const waiting = [...targets];
      let count = 0;
      setDone(0);
      async function work() {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const body = { target: next.target, tags: retagged(next.tags, wordsOf(written), off) };
          await answer(api.POST("/projects/{id}/targets/tag", { params: { path: { id: reference } }, body }));
          setDone(++count);
        }
      }
      return Promise.all(Array.from({ length: lanes }, work));
    },
    onSuccess: () => {
      say(`Tagged ${counted(targets.length, "target")}`);
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["projects"] }),
  });
  const only = targets.length === 1 ? targets[0] : undefined;
  const isNothing = wordsOf(written).length === 0 && off.length === 0;
  return (
    <Dialog
      title={only ? `Tags of ${only.target}` : `Tags of ${counted(targets.length, "target")}`}
      onClose={onClose}
    >
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!isNothing) put.mutate();
        }}
      >
        <TextField
          label="Put on"
          hint="Parted by commas"
          autoFocus
          value={written}
          onChange={(event) => write(event.target.value)}
        />
        {tagsOf(targets).length > 0 && (
          <fieldset>
            <legend className="mb-1 font-medium">Keep</legend>
            <div className="flex max-h-48 flex-wrap gap-x-5 gap-y-1.5 overflow-y-auto">
              {tagsOf(targets).map(([tag, count]) => (
                <CheckField
                  key={tag}
                  label={only ? tag : `${tag} (${count})`}
                  checked={!off.includes(tag)}
                  onChange={(event) =>
                    setOff(event.target.checked ? off.filter((one) => one !== tag) : [...off, tag])
                  }
                />
              ))}
            </div>
          </fieldset>
        )}
        {put.isPending && targets.length > lanes && (
          <p role="status">
            {done} of {counted(targets.length, "target")} done
          </p>
        )}
        <FormEnd
          complaint={put.error?.message}
          busy={put.isPending}
          reason={isNothing ? "nothing is changed" : undefined}
          onCancel={onClose}
        >
          Save
        </FormEnd>
      </form>
    </Dialog>
  );
}
