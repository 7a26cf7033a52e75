// Saves the entries that are asked for as a file, put together here.
import { useMutation } from "@tanstack/react-query";
import { Download as DownloadIcon } from "lucide-react";
import { useRef, useState } from "react";
import { number } from "@/lib/numbers";
import { saveFile } from "@/lib/save";
import { Button } from "@/ui/button";
import { complain, say } from "@/ui/toast";
import { type AuditFilter, exported } from "./queries";

export function Export({ filter }: { filter: AuditFilter }) {
  const [count, setCount] = useState(0);
  const stop = useRef<AbortController>(null);
  const save = useMutation({
    mutationFn: async () => {
      setCount(0);
      stop.current = new AbortController();
      return exported(filter, setCount, stop.current.signal);
    },
    onSuccess: (file) => {
      saveFile(file, `audit-${new Date().toISOString().slice(0, 10)}.jsonl`);
      say("The entries are saved");
    },
    onError: (error) => {
      if (error.name !== "AbortError") complain(error);
    },
  });
  return (
    <>
      {save.isPending && (
        <>
          <p role="status" className="num text-muted">
            {number(count)} entries so far
          </p>
          <Button onClick={() => stop.current?.abort()}>Stop</Button>
        </>
      )}
      <Button
        busy={save.isPending}
        icon={<DownloadIcon size={14} aria-hidden />}
        title="The entries that are shown, and those that are not loaded yet, as JSON lines"
        onClick={() => save.mutate()}
      >
        Export
      </Button>
    </>
  );
}
