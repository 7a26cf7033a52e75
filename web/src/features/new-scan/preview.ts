// What the server says of targets, options and limits while they are written.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Schemas } from "@/api/client";
import { refusalOf } from "@/api/problem";
import { useSettled } from "@/ui/settled";
import type { Around } from "./around";
import type { Draft } from "./draft";
import { entriesOf } from "./entries";
import { expansionQuery, firstShown, planQuery } from "./queries";
import { checkOf } from "./requests";

/** What the targets amount to, as far as that is known. */
export interface Preview {
  isEmpty: boolean;
  expanded: Schemas["ExpandedTargets"] | undefined;
  /** It is that of what was written a moment ago. */
  isStale: boolean;
  error: Error | null;
  excludesError: string | undefined;
  retry: () => void;
  more: (() => void) | undefined;
}

export function usePreview(draft: Draft, around: Around): Preview {
  const [limit, setLimit] = useState(firstShown);
  const text =
    draft.source === "written"
      ? draft.text
      : draft.source === "inventory"
        ? around.inventory.map(({ target }) => target).join("\n")
        : "";
  const settled = useSettled(text);
  const settledExcludes = useSettled(draft.excludes);
  const { targets, excludes } = entriesOf(settledExcludes);
  const query = useQuery(
    expansionQuery({
      project: askedProject(draft, around),
      text: settled,
      excludes: [...targets, ...excludes],
      limit,
    }),
  );
  const isEmpty = text.trim() === "";
  return {
    isEmpty,
    expanded: isEmpty || query.error ? undefined : query.data,
    isStale: query.isPlaceholderData || text !== settled || draft.excludes !== settledExcludes,
    error: query.error,
    excludesError: refusalOf(query.error)?.field("/excludes"),
    retry: () => void query.refetch(),
    more: limit < 1_000 ? () => setLimit(1_000) : undefined,
  };
}

/** Options and limits are looked at without the targets: one address that may be scanned will do. */
export function useCheck(draft: Draft, preview: Preview, what: "options" | "limits", enabled: boolean) {
  const body = checkOf(draft, preview.expanded?.targets[0] ?? "127.0.0.1", what);
  const settled = useSettled(JSON.stringify(body));
  const query = useQuery({
    ...planQuery(JSON.parse(settled)),
    enabled,
    placeholderData: (before: Schemas["CostBody"] | undefined) => before,
  });
  const refused = refusalOf(query.error);
  const isOfTargets = refused?.problem.errors?.every(({ field }) => field.startsWith("/targets"));
  return { data: query.data, isFetching: query.isFetching, error: isOfTargets ? null : query.error };
}

/** A project that is not there yet is made with the scan; nothing can be asked about it before. */
function askedProject(draft: Draft, around: Around): string | null {
  return around.projects.some(({ name }) => name === draft.project) ? draft.project : null;
}
