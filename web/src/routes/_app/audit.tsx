// The audit log.
import { createFileRoute, useNavigate } from "@tanstack/react-router";
import { Audit } from "@/features/audit/audit";
import { type AuditFilter, auditQuery } from "@/features/audit/queries";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/audit")({
  validateSearch: (search: Record<string, unknown>): AuditFilter => ({
    actor: optionalText(search.actor),
    action: optionalText(search.action),
    from: optionalText(search.from),
    until: optionalText(search.until),
  }),
  loaderDeps: ({ search }) => search,
  loader: ({ context: { queryClient }, deps }) => queryClient.ensureInfiniteQueryData(auditQuery(deps)),
  component: function AuditPage() {
    const navigate = useNavigate();
    return <Audit filter={Route.useSearch()} change={(search) => navigate({ to: "/audit", search })} />;
  },
});
