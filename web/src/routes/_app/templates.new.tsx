// A new template.
import { createFileRoute } from "@tanstack/react-router";
import { NewTemplate } from "@/features/templates/new-template";

export const Route = createFileRoute("/_app/templates/new")({
  component: NewTemplate,
});
