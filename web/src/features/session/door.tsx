// The frame of the pages outside: signing in, and the first user.
import type { ReactNode } from "react";

export function Door({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="grid min-h-dvh place-items-center p-4">
      <title>{`${title} – NetScan`}</title>
      <div className="flex w-full max-w-sm flex-col gap-5 rounded-xl border border-line bg-surface p-7 shadow-sm">
        <div className="flex items-center gap-3">
          <img src="/icon.svg" alt="" className="size-9" />
          <h1 className="text-lg font-semibold">{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}
