// A QR code, dark on light in both themes: readers expect it so.
import { qrCode } from "@/lib/qr";

/** Modules of nothing around a code, as readers need them. */
const quiet = 4;

/** Nothing when the text is too long for one. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const dark = qrCode(text);
  if (!dark) return null;
  const size = dark.length + 2 * quiet;
  const path = dark
    .flatMap((row, y) => row.map((isDark, x) => (isDark ? `M${x + quiet} ${y + quiet}h1v1h-1z` : "")))
    .join("");
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${size} ${size}`}
      className="size-48 rounded-md"
      shapeRendering="crispEdges"
    >
      <rect width={size} height={size} fill="white" />
      <path d={path} fill="black" />
    </svg>
  );
}
