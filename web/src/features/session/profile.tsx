// Who one is, and what is one's own: password, second factor and sessions.
import { permissions as known } from "@/api/access";
import { useSession } from "@/api/session";
import { Badge } from "@/ui/badge";
import { Foreign } from "@/ui/foreign";
import { Card, Fact, Facts, Page } from "@/ui/page";
import { Time } from "@/ui/time";
import { ChangePassword } from "./change-password";
import { SecondFactor } from "./second-factor";
import { Sessions } from "./sessions";

export function Profile() {
  const { user } = useSession();
  return (
    <Page title="Profile">
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <div className="flex flex-col gap-4">
          <Self />
          {user && <SecondFactor isOn={user.has_totp} />}
        </div>
        {user && <ChangePassword name={user.name} />}
      </div>
      {user && <Sessions />}
    </Page>
  );
}

function Self() {
  const { user, token, role, organisation, organisations, permissions, expires_at } = useSession();
  return (
    <Card title="Who you are">
      <Facts>
        {user && (
          <Fact name="User">
            <Foreign text={user.name} /> {user.display_name && <Foreign text={`(${user.display_name})`} />}
          </Fact>
        )}
        {token && (
          <Fact name="Token">
            <Foreign text={token} />
          </Fact>
        )}
        <Fact name="Organisation">
          <Foreign text={organisation.name} />
          {organisations.length > 1 && (
            <span className="text-muted"> of {organisations.length} of yours</span>
          )}
        </Fact>
        <Fact name="Role">{role}</Fact>
        <Fact name="You may">
          <ul className="flex flex-wrap gap-1">
            {permissions.map((permission) => (
              <li key={permission}>
                <Badge title={known[permission].allows}>{permission}</Badge>
              </li>
            ))}
          </ul>
        </Fact>
        {expires_at && (
          <Fact name="Session ends">
            <Time at={expires_at} /> at the latest, or after a time without use
          </Fact>
        )}
      </Facts>
    </Card>
  );
}
