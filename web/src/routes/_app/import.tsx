import { createFileRoute } from "@tanstack/react-router";

export const Route = createFileRoute("/_app/import")({
  component: RouteComponent,
});

function RouteComponent() {
  return <div>Hello "/_app/import"!</div>;
}
