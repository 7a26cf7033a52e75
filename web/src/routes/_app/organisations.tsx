// Organisations.
import { createFileRoute, useRouter } from "@tanstack/react-router";
import { Organisations } from "@/features/organisations/organisations";
import { organisationsQuery } from "@/features/organisations/queries";

export const Route = createFileRoute("/_app/organisations")({
  loader: ({ context: { queryClient } }) => queryClient.ensureQueryData(organisationsQuery),
  component: function OrganisationsPage() {
    const router = useRouter();
    return (
      <Organisations
        onChanged={async () => {
          await router.navigate({ to: "/" });
          await router.invalidate();
        }}
      />
    );
  },
});
