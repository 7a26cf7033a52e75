// Labels, inputs, and what is wrong with what was written into them.
import {
  type InputHTMLAttributes,
  type ReactNode,
  type SelectHTMLAttributes,
  type TextareaHTMLAttributes,
  useId,
} from "react";
import { classes } from "@/lib/classes";

interface Around {
  label: string;
  /** What people should know before they write. */
  hint?: ReactNode;
  /** What is wrong. */
  error?: string | undefined;
  /** The label is for screen readers alone. */
  bare?: boolean;
}

interface Wiring {
  id: string;
  "aria-invalid": boolean | undefined;
  "aria-describedby": string | undefined;
}

/** A label, its input, a hint and a complaint, wired together. */
export function Field({
  label,
  hint,
  error,
  bare,
  children,
}: Around & { children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const described = classes(hint ? `${id}-hint` : null, error ? `${id}-error` : null);
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className={bare ? "sr-only" : "font-medium"}>
        {label}
      </label>
      {children({ id, "aria-invalid": error ? true : undefined, "aria-describedby": described || undefined })}
      {hint && (
        <p id={`${id}-hint`} className="text-xs text-muted">
          {hint}
        </p>
      )}
      {error && (
        <p id={`${id}-error`} role="alert" className="text-xs font-medium whitespace-pre-line text-danger">
          {error}
        </p>
      )}
    </div>
  );
}

export function TextField({
  label,
  hint,
  error,
  bare,
  ...input
}: Around & InputHTMLAttributes<HTMLInputElement>) {
  return (
    <Field label={label} hint={hint} error={error} bare={bare}>
      {(wiring) => <input type="text" {...input} {...wiring} className={classes("field", input.className)} />}
    </Field>
  );
}

export function TextArea({
  label,
  hint,
  error,
  bare,
  ...area
}: Around & TextareaHTMLAttributes<HTMLTextAreaElement>) {
  return (
    <Field label={label} hint={hint} error={error} bare={bare}>
      {(wiring) => (
        <textarea
          rows={5}
          spellCheck={false}
          {...area}
          {...wiring}
          className={classes("field", area.className)}
        />
      )}
    </Field>
  );
}

export function SelectField({
  label,
  hint,
  error,
  bare,
  children,
  ...select
}: Around & SelectHTMLAttributes<HTMLSelectElement>) {
  return (
    <Field label={label} hint={hint} error={error} bare={bare}>
      {(wiring) => (
        <select {...select} {...wiring} className={classes("field", select.className)}>
          {children}
        </select>
      )}
    </Field>
  );
}

export function CheckField({
  label,
  hint,
  ...input
}: { label: ReactNode; hint?: string } & InputHTMLAttributes<HTMLInputElement>) {
  const id = useId();
  return (
    <div className="flex items-start gap-2">
      <input
        {...input}
        id={id}
        type="checkbox"
        aria-describedby={hint ? `${id}-hint` : undefined}
        className="mt-0.5 size-4 accent-accent"
      />
      <div>
        <label htmlFor={id}>{label}</label>
        {hint && (
          <p id={`${id}-hint`} className="text-xs text-muted">
            {hint}
          </p>
        )}
      </div>
    </div>
  );
}
