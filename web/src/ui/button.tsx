// Buttons, and links that look like them.
import { Link, type LinkProps } from "@tanstack/react-router";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { classes } from "@/lib/classes";

type Look = "primary" | "plain" | "danger" | "quiet";

const looks: Record<Look, string> = {
  primary: "border-accent bg-accent text-on-accent hover:brightness-110",
  plain: "border-edge bg-surface text-ink hover:bg-raised",
  danger: "border-danger bg-surface text-danger hover:bg-danger-soft",
  quiet: "border-transparent bg-transparent text-ink hover:bg-raised",
};

function dress(look: Look, small?: boolean): string {
  return classes(
    "inline-flex items-center justify-center gap-1.5 rounded-md border font-medium whitespace-nowrap",
    "disabled:cursor-not-allowed disabled:opacity-60 aria-disabled:cursor-not-allowed aria-disabled:opacity-60",
    small ? "min-h-7 px-2 text-xs" : "min-h-9 px-3.5",
    looks[look],
  );
}

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "disabled"> {
  look?: Look;
  small?: boolean;
  /** What was asked for is under way. */
  busy?: boolean;
  /** Why it cannot be pressed now. It stays reachable, so that everybody can find out why. */
  reason?: string | undefined;
  icon?: ReactNode;
}

export function Button({
  look = "plain",
  small,
  busy,
  reason,
  icon,
  children,
  onClick,
  ...rest
}: ButtonProps) {
  const isOff = Boolean(reason) || Boolean(busy);
  return (
    <button
      type="button"
      {...rest}
      className={classes(dress(look, small), rest.className)}
      aria-disabled={isOff || undefined}
      aria-busy={busy || undefined}
      title={reason ?? rest.title}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {busy ? <Spinner /> : icon}
      {children}
      {reason && <span className="sr-only"> (not now: {reason})</span>}
    </button>
  );
}

/** A button with a picture alone; its `label` is what it is called. */
export function IconButton({ label, ...rest }: Omit<ButtonProps, "children"> & { label: string }) {
  return <Button look="quiet" small aria-label={label} title={label} {...rest} />;
}

/** A link to another page of ours. */
export function LinkButton({
  look = "plain",
  small,
  icon,
  children,
  ...link
}: LinkProps & { look?: Look; small?: boolean; icon?: ReactNode; children: ReactNode }) {
  return (
    <Link {...link} className={dress(look, small)}>
      {icon}
      {children}
    </Link>
  );
}

/** A link to a file. */
export function Download({
  href,
  name,
  children,
  small,
}: {
  href: string;
  name?: string;
  children: ReactNode;
  small?: boolean;
}) {
  return (
    <a href={href} download={name ?? ""} className={dress("plain", small)}>
      {children}
    </a>
  );
}

export function Spinner() {
  return (
    <span
      aria-hidden
      className="inline-block size-3.5 animate-spin rounded-full border-2 border-current border-r-transparent"
    />
  );
}
