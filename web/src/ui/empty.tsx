// What stands where there is nothing yet, and what to do about it.
import type { ReactNode } from "react";

export function Empty({
  title,
  children,
  action,
}: {
  title: string;
  children?: ReactNode;
  action?: ReactNode;
}) {
  return (
    <div className="flex flex-col items-center gap-2 px-4 py-10 text-center">
      <p className="font-semibold">{title}</p>
      {children && <div className="max-w-prose text-muted">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  );
}

/** Something is on its way. */
export function Waiting({ what = "Loading" }: { what?: string }) {
  return (
    <p role="status" className="animate-pulse px-4 py-10 text-center text-muted">
      {what} …
    </p>
  );
}
