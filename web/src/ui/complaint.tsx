// Why a form was not taken, above its buttons.

export function Complaint({ text }: { text: string | undefined }) {
  if (!text) return null;
  return (
    <p role="alert" className="foreign font-medium text-danger first-letter:uppercase">
      {text}
    </p>
  );
}
