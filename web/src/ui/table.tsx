// Tables that are short enough to be there as a whole.
import type { ReactNode } from "react";
import { classes } from "@/lib/classes";

/** A table that scrolls sideways on its own on small screens. */
export function Table({ label, head, children }: { label: string; head: ReactNode; children: ReactNode }) {
  return (
    <section aria-label={label} tabIndex={0} className="relative overflow-x-auto">
      <table className="w-full border-collapse text-left">
        <thead className="text-xs text-muted">
          <tr className="border-b border-line">{head}</tr>
        </thead>
        <tbody className="[&>tr]:border-b [&>tr]:border-line [&>tr:last-child]:border-0">{children}</tbody>
      </table>
    </section>
  );
}

export function Head({ children, right }: { children?: ReactNode; right?: boolean }) {
  return (
    <th scope="col" className={classes("px-3 py-2 font-medium whitespace-nowrap", right && "text-right")}>
      {children ?? <span className="sr-only">Actions</span>}
    </th>
  );
}

export function Cell({
  children,
  right,
  className,
}: {
  children?: ReactNode;
  right?: boolean;
  className?: string;
}) {
  return (
    <td className={classes("px-3 py-2 align-top", right && "num text-right whitespace-nowrap", className)}>
      {children}
    </td>
  );
}
