// What stands where something went wrong.
import { sentenceOf } from "@/lib/sentence";
import { Button } from "./button";

export function Trouble({ error, retry }: { error: unknown; retry?: (() => void) | undefined }) {
  return (
    <div
      role="alert"
      className="m-4 flex flex-wrap items-center justify-between gap-3 rounded-lg border border-danger bg-danger-soft p-4"
    >
      <p className="foreign font-medium text-danger">{sentenceOf(error)}</p>
      {retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}
