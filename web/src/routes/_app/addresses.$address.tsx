// An address, over all scans of a project.
import { createFileRoute, notFound, redirect } from "@tanstack/react-router";
import { chosenProject } from "@/api/chosen-project";
import { Refused } from "@/api/problem";
import { AddressPage } from "@/features/hosts/address-page";
import { assetQuery } from "@/features/hosts/queries";
import { NoProject } from "@/features/shell/no-project";
import { optionalText } from "@/lib/search";

export const Route = createFileRoute("/_app/addresses/$address")({
  validateSearch: (search: Record<string, unknown>): { project?: string } => ({
    project: optionalText(search.project),
  }),
  beforeLoad: async ({ context: { queryClient }, params, search }) => {
    if (search.project) return;
    // The address says which project it is, so that the page stays with it.
    const project = await chosenProject(queryClient, undefined);
    if (project) throw redirect({ to: "/addresses/$address", params, search: { project }, replace: true });
  },
  loaderDeps: ({ search: { project } }) => ({ project }),
  loader: async ({ context: { queryClient }, deps: { project }, params }) => {
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
  const { project } = Route.useSearch();
  if (!project) return <NoProject title={address} />;
  return <AddressPage key={`${project} ${address}`} project={project} address={address} />;
}
