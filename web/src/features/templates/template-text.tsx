// The text of a template, with the numbers of its lines.

export function TemplateText({ text }: { text: string }) {
  return (
    <section
      aria-label="Text of the template"
      tabIndex={0}
      className="max-h-[65dvh] overflow-auto rounded-md bg-raised p-3"
    >
      <ol className="w-max list-outside list-decimal pl-10 font-mono text-xs marker:text-muted">
        {text
          .replace(/\n$/, "")
          .split("\n")
          .map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line is its place.
            <li key={index} className="min-h-4 pl-2 whitespace-pre">
              {line}
            </li>
          ))}
      </ol>
    </section>
  );
}
