// Puts a text on the clipboard.
import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./button";

export function Copy({ text, what }: { text: string; what: string }) {
  const [done, setDone] = useState(false);
  async function copy() {
    await navigator.clipboard.writeText(text);
    setDone(true);
  }
  const icon = done ? <Check size={14} aria-hidden /> : <CopyIcon size={14} aria-hidden />;
  return <IconButton label={done ? `Copied ${what}` : `Copy ${what}`} icon={icon} onClick={copy} />;
}
