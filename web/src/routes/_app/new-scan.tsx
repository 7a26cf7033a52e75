// New scan.
import { useQuery, useSuspenseQuery } from "@tanstack/react-query";
import { createFileRoute, redirect } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { inventoryQuery, searchesQuery } from "@/api/projects";
import { begin, projectOf, useDraft } from "@/features/new-scan/draft";
import { modulesQuery, templatesQuery } from "@/features/new-scan/queries";
import { type Step, steps } from "@/features/new-scan/steps";
import { Wizard } from "@/features/new-scan/wizard";
import { oneOf, optionalText } from "@/lib/search";

interface Asked {
  project?: string;
  targets?: string;
  search?: string;
  template?: string;
  step?: Step;
}

export const Route = createFileRoute("/_app/new-scan")({
  validateSearch: (search: Record<string, unknown>): Asked => ({
    project: optionalText(search.project),
    targets: optionalText(search.targets),
    search: optionalText(search.search),
    template: optionalText(search.template),
    step: oneOf(search.step, steps),
  }),
  beforeLoad: ({ search: { step, ...asked }, preload }) => {
    // A link says what the scan begins with. A link that is only pointed at begins nothing.
    if (preload || !Object.values(asked).some(Boolean)) return;
    begin(asked);
    throw redirect({ to: "/new-scan", search: { step }, replace: true });
  },
  loader: ({ context: { queryClient } }) =>
    Promise.all([
      chosenProject(queryClient, undefined),
      queryClient.ensureQueryData(modulesQuery),
      queryClient.ensureQueryData(templatesQuery),
    ]),
  component: NewScanPage,
});

function NewScanPage() {
  const { step = "targets" } = Route.useSearch();
  const navigate = Route.useNavigate();
  const [draft] = useDraft();
  const { project: newest, projects } = useChosenProject(undefined);
  const { data: modules } = useSuspenseQuery(modulesQuery);
  const { data: templates } = useSuspenseQuery(templatesQuery);
  const project = projectOf(draft, { projects, newest });
  const enabled = projects.some(({ name }) => name === project);
  const { data: inventory = [] } = useQuery({ ...inventoryQuery(project), enabled });
  const { data: searches = [] } = useQuery({ ...searchesQuery(project), enabled });
  return (
    <Wizard
      step={step}
      onStep={(next) => navigate({ search: { step: next } })}
      onMade={({ id }) => navigate({ to: "/scans/$scan", params: { scan: id } })}
      around={{ projects, newest, modules, templates, inventory, searches }}
    />
  );
}
