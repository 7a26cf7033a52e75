// Hands a form's values over, and leaves what was written where it is.
import type { FormEvent } from "react";

export function submitting(submit: (form: FormData) => void): (event: FormEvent<HTMLFormElement>) => void {
  return (event) => {
    event.preventDefault();
    submit(new FormData(event.currentTarget));
  };
}
