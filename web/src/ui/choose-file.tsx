// A button that asks for a file.
import { FileUp } from "lucide-react";
import { type ReactNode, useRef } from "react";
import { Button } from "./button";

/** The same file may be chosen twice in a row. */
export function ChooseFile({
  label,
  multiple,
  onFiles,
  children,
}: {
  /** What is asked for, for those who do not see the button. */
  label: string;
  multiple?: boolean;
  onFiles: (files: FileList | null) => void;
  /** What the button says. */
  children: ReactNode;
}) {
  const chooser = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={chooser}
        type="file"
        multiple={multiple}
        hidden
        aria-label={label}
        onChange={(event) => {
          onFiles(event.target.files);
          event.target.value = "";
        }}
      />
      <Button icon={<FileUp size={16} aria-hidden />} onClick={() => chooser.current?.click()}>
        {children}
      </Button>
    </>
  );
}
