// What a form in a dialog ends with: why it was not taken, the way out, and the button that sends it.
import type { ReactNode } from "react";
import { Button } from "./button";
import { Complaint } from "./complaint";

export function FormEnd({
  complaint,
  busy,
  reason,
  look = "primary",
  onCancel,
  children,
}: {
  /** What is wrong and stands at none of the inputs. */
  complaint: string | undefined;
  busy: boolean;
  /** Why it cannot be sent yet. */
  reason?: string | undefined;
  look?: "primary" | "danger";
  onCancel: () => void;
  /** What the button that sends says, a verb: `Save`. */
  children: ReactNode;
}) {
  return (
    <>
      <Complaint text={complaint} />
      <footer className="flex justify-end gap-2">
        <Button onClick={onCancel}>Cancel</Button>
        <Button look={look} type="submit" busy={busy} reason={reason}>
          {children}
        </Button>
      </footer>
    </>
  );
}
