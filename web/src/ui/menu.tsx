// A button that opens a list of things to do or to pick.
import { ChevronDown } from "lucide-react";
import { type ReactNode, useId, useRef } from "react";
import { classes } from "@/lib/classes";

/** Its children are buttons and links; whichever is used closes it. */
export function Menu({
  label,
  children,
  small,
  icon,
  bare,
}: {
  label: string;
  children: ReactNode;
  small?: boolean;
  icon?: ReactNode;
  bare?: boolean;
}) {
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const opener = useRef<HTMLButtonElement>(null);
  // A popover is above everything, so it is put below its button by hand, or above it where there is no room.
  function place() {
    const menu = list.current;
    const button = opener.current?.getBoundingClientRect();
    if (!menu || !button) return;
    const isBelow = button.bottom + 4 + menu.offsetHeight <= window.innerHeight;
    menu.style.top = `${isBelow ? button.bottom + 4 : Math.max(8, button.top - 4 - menu.offsetHeight)}px`;
    menu.style.right = `${Math.max(8, document.documentElement.clientWidth - button.right)}px`;
    menu.style.left = "auto";
  }
  return (
    <>
      <button
        ref={opener}
        type="button"
        popoverTarget={id}
        aria-label={bare ? label : undefined}
        className={classes(
          "inline-flex items-center gap-1 rounded-md border border-edge bg-surface font-medium whitespace-nowrap hover:bg-raised",
          small ? "min-h-7 px-2 text-xs" : "min-h-9 px-3",
        )}
      >
        {icon}
        {!bare && label}
        {!bare && <ChevronDown size={14} aria-hidden />}
      </button>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what is inside is pressed, by key or pointer, and that closes it. */}
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: as above. */}
      <div
        ref={list}
        id={id}
        popover="auto"
        onToggle={place}
        onClick={(event) => {
          event.stopPropagation();
          list.current?.hidePopover();
        }}
        className="max-h-[70dvh] min-w-44 flex-col overflow-y-auto rounded-md border border-line bg-surface p-1 text-ink shadow-lg open:flex"
      >
        {children}
      </div>
    </>
  );
}

/** One thing to do in a menu. */
export function MenuItem({
  onClick,
  children,
  reason,
}: {
  onClick: () => void;
  children: ReactNode;
  reason?: string | undefined;
}) {
  return (
    <button
      type="button"
      aria-disabled={Boolean(reason) || undefined}
      title={reason}
      onClick={() => !reason && onClick()}
      className="rounded px-3 py-1.5 text-left hover:bg-raised aria-disabled:cursor-not-allowed aria-disabled:opacity-60"
    >
      {children}
    </button>
  );
}

/** A file to fetch, in a menu. */
export function MenuDownload({ href, children }: { href: string; children: ReactNode }) {
  return (
    <a href={href} download="" className="rounded px-3 py-1.5 text-left hover:bg-raised">
      {children}
    </a>
  );
}
