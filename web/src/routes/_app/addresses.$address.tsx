// An address, over all scans of a project.
import { createFileRoute, notFound } from "@tanstack/react-router";
import { chosenProject, useChosenProject } from "@/api/chosen-project";
import { Refused } from "@/api/problem";
import { AddressPage } from "@/features/hosts/address-page";
import { assetQuery } from "@/features/hosts/queries";
import { NoProject } from "@/features/shell/no-project";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/addresses/$address")({
  validateSearch: (search: Record<string, unknown>): { project?: string } => ({
    project: optionalText(search.project),
  }),
  loaderDeps: ({ search: { project } }) => ({ project }),
  loader: async ({ context: { queryClient }, deps, params }) => {
    const project = await chosenProject(queryClient, deps.project);
    if (!project) return;
    try {
      await queryClient.ensureQueryData(assetQuery(project, params.address));
    } catch (error) {
      // What is no address is not found either.
      if (error instanceof Refused && [404, 422].includes(error.status)) throw notFound();
      throw error;
    }
  },
  component: Address,
});

function Address() {
  const { address } = Route.useParams();
  const { project } = useChosenProject(Route.useSearch().project);
  if (!project) return <NoProject title={address} />;
  return <AddressPage key={`${project} ${address}`} project={project} address={address} />;
}
