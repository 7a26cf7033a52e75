// Settings: how the server may press on networks, how it is, and how pages look.
import type { ReactNode } from "react";
import { useRefusal } from "@/api/session";
import { zone } from "@/lib/moments";
import { Card, Fact, Facts, Page } from "@/ui/page";
import { Time, useNow } from "@/ui/time";
import { HealthCard } from "./health";
import { Limits } from "./limits";

/** The choice of a theme is the frame's, and comes from there. */
export function Settings({ theme }: { theme: ReactNode }) {
  const refusal = useRefusal("settings");
  return (
    <Page title="Settings">
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <Card title="Limits of the server">
          {refusal ? (
            <p className="text-muted">
              They hold for all organisations, and only admins of the first one may see and change them.
            </p>
          ) : (
            <Limits />
          )}
        </Card>
        <div className="flex flex-col gap-4">
          <HealthCard />
          <Card title="How pages look">
            <div className="flex flex-col gap-4">
              {theme}
              <TimeZone />
            </div>
          </Card>
          <Card title="For programs">
            <Facts>
              <Fact name="API">
                <a className="link" href="/api/docs/">
                  Every operation, to read and to try
                </a>
              </Fact>
              <Fact name="OpenAPI">
                <a className="link" href="/openapi.json">
                  The same as a document for programs
                </a>
              </Fact>
              <Fact name="Metrics">
                <code className="font-mono">/metrics</code>, for Prometheus
              </Fact>
            </Facts>
          </Card>
        </div>
      </div>
    </Page>
  );
}

function TimeZone() {
  const now = useNow();
  return (
    <Facts>
      <Fact name="Time zone">{zone()}, as your browser has it</Fact>
      <Fact name="Now">
        <Time at={new Date(now).toISOString()} exact />
      </Fact>
    </Facts>
  );
}
