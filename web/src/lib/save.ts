// Hands what was made in the page over as a download.

export function saveFile(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export function saveText(text: string, name: string): void {
  saveFile(new Blob([text], { type: "text/plain" }), name);
}
