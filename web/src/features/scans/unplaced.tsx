// What was refused and belongs to none of the inputs.
import { unplaced } from "@/api/problem";

export function Unplaced({ error, fields }: { error: Error | null; fields: string[] }) {
  const said = unplaced(error, fields);
  if (!said) return null;
  return (
    <p role="alert" className="foreign font-medium text-danger">
      {said}
    </p>
  );
}
