// Profile.
import { createFileRoute } from "@tanstack/react-router";
import { Page } from "@/ui/page";

export const Route = createFileRoute("/_app/profile")({
  component: () => <Page title="Profile">.</Page>,
});
