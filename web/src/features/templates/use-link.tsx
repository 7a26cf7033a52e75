// The ways to a new template, and from a template to a scan. Whoever may not go sees why.
import { useRefusal } from "@/api/session";
import { Button, LinkButton } from "@/ui/button";
import type { Template } from "./queries";

export function NewLink() {
  const refusal = useRefusal("scan");
  if (refusal)
    return (
      <Button look="primary" reason={refusal}>
        New template
      </Button>
    );
  return (
    <LinkButton look="primary" to="/templates/new">
      New template
    </LinkButton>
  );
}

export function UseLink({ template, small }: { template: Template; small?: boolean }) {
  const refusal = useRefusal("scan");
  if (refusal)
    return (
      <Button look="primary" small={small} reason={refusal}>
        Use
      </Button>
    );
  return (
    <LinkButton look="primary" small={small} to="/new-scan" search={{ template: template.name }}>
      Use
    </LinkButton>
  );
}
