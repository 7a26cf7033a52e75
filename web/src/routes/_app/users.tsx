// Users.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/users")({
  component: () => <Page title="Users">.</Page>,
});
