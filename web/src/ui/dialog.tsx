// Dialogs: the browser's own, which keep the focus inside and close with Escape.
import { X } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef, useState } from "react";
import { sentenceOf } from "@/lib/sentence";
import { Button, IconButton } from "./button";
import { Complaint } from "./complaint";

export function Dialog({
  title,
  onClose,
  children,
  wide,
}: {
  title: string;
  onClose: () => void;
  children: ReactNode;
  wide?: boolean;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={name}
      onClose={onClose}
      onClick={(event) => {
        // What it was opened from, such as a row, was not pressed.
        event.stopPropagation();
        if (event.target === dialog.current) dialog.current.close();
      }}
      onKeyDown={(event) => event.stopPropagation()}
      className={`max-h-[90dvh] w-full rounded-lg border border-line bg-surface p-0 text-ink shadow-xl ${wide ? "max-w-4xl" : "max-w-lg"}`}
    >
      <div className="flex flex-col gap-4 p-5">
        <header className="flex items-center justify-between gap-4">
          <h2 id={name} className="text-base font-semibold">
            {title}
          </h2>
          <IconButton
            label="Close"
            icon={<X size={16} aria-hidden />}
            onClick={() => dialog.current?.close()}
          />
        </header>
        {children}
      </div>
    </dialog>
  );
}

/** Asks before something is done that cannot be taken back. */
export function Confirm({
  title,
  children,
  action,
  act,
  reason,
  onClose,
}: {
  title: string;
  children: ReactNode;
  /** What the button says, a verb: `Remove`. */
  action: string;
  act: () => Promise<unknown>;
  /** Why it cannot be done yet. */
  reason?: string | undefined;
  onClose: () => void;
}) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  async function go() {
    setBusy(true);
    setError(undefined);
    try {
      await act();
      onClose();
    } catch (cause) {
      setError(sentenceOf(cause));
      setBusy(false);
    }
  }
  return (
    <Dialog title={title} onClose={onClose}>
      <div>{children}</div>
      <Complaint text={error} />
      <footer className="flex justify-end gap-2">
        <Button onClick={onClose}>Leave it</Button>
        <Button look="danger" busy={busy} reason={reason} onClick={go}>
          {action}
        </Button>
      </footer>
    </Dialog>
  );
}
