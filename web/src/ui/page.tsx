// The frame of a page: what it is called, what it belongs to, what can be done on it.
import { Link, type LinkProps } from "@tanstack/react-router";
import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { classes } from "@/lib/classes";

export function Page({
  title,
  name = typeof title === "string" ? title : undefined,
  crumbs,
  actions,
  children,
}: {
  title: ReactNode;
  /** What the browser calls the page, in its tabs and its history, where the title is more than text. */
  name?: string | undefined;
  /** Links to what it belongs to, the widest first. */
  crumbs?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
}) {
  return (
    <div className="mx-auto flex w-full max-w-[100rem] flex-col gap-4 p-4 lg:p-6">
      <title>{name ? `${name} – NetScan` : "NetScan"}</title>
      <header className="flex flex-wrap items-end justify-between gap-3">
        <div className="min-w-0">
          {crumbs && (
            <nav
              aria-label="Breadcrumb"
              className="mb-1 flex flex-wrap items-center gap-1 text-xs text-muted"
            >
              {crumbs}
            </nav>
          )}
          <h1 className="foreign text-xl font-semibold">{title}</h1>
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

/** One link of the breadcrumb. */
export function Crumb({ children, ...link }: LinkProps & { children: ReactNode }) {
  return (
    <>
      <Link {...link} className="foreign hover:underline">
        {children}
      </Link>
      <ChevronRight size={12} aria-hidden />
    </>
  );
}

/** A part of a page on its own ground. */
export function Card({
  title,
  actions,
  children,
  flush,
}: {
  title?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** What is inside goes to the edge. */
  flush?: boolean;
}) {
  return (
    <section className="flex min-w-0 flex-col rounded-lg border border-line bg-surface">
      {(title || actions) && (
        <header className="flex min-h-11 flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-1.5">
          <h2 className="font-semibold">{title}</h2>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={classes("min-w-0", !flush && "p-4")}>{children}</div>
    </section>
  );
}

/** Links between the parts of one thing; the address of the page says which is open. */
export function Tabs({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav aria-label={label} className="-mb-px flex gap-1 overflow-x-auto border-b border-line">
      {children}
    </nav>
  );
}

export function Tab({ children, ...link }: LinkProps & { children: ReactNode }) {
  return (
    <Link
      {...link}
      className="rounded-t-md border-b-2 border-transparent px-3 py-2 font-medium whitespace-nowrap text-muted hover:text-ink aria-[current=page]:border-accent aria-[current=page]:text-ink"
    >
      {children}
    </Link>
  );
}

/** A name and its value. */
export function Facts({ children }: { children: ReactNode }) {
  return <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5">{children}</dl>;
}

export function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

/** A number that people look for first. */
export function Figure({ name, children, note }: { name: string; children: ReactNode; note?: ReactNode }) {
  return (
    <div className="min-w-0">
      <p className="text-xs text-muted">{name}</p>
      <p className="num text-xl font-semibold">{children}</p>
      {note && <p className="text-xs text-muted">{note}</p>}
    </div>
  );
}
