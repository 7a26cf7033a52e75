// Who belongs to the organisation.
import { useQueryClient, useSuspenseQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "@/api/client";
import { useRefusal, useSession } from "@/api/session";
import { Badge } from "@/ui/badge";
import { Button } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Foreign } from "@/ui/foreign";
import { Menu, MenuItem } from "@/ui/menu";
import { Card, Page } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";
import { Time } from "@/ui/time";
import { complain, say } from "@/ui/toast";
import { EditUser } from "./edit-user";
import { NewUser } from "./new-user";
import { type User, unchanged, usersQuery } from "./queries";
import { ResetPassword } from "./reset-password";
import { Roles } from "./roles";

/** What is being done to whom. */
type Doing = { what: "create" } | { what: "edit" | "password" | "totp" | "remove"; user: User };

export function Users() {
  const { data: users } = useSuspenseQuery(usersQuery);
  const { organisation, user: self } = useSession();
  const refusal = useRefusal("people");
  const [doing, setDoing] = useState<Doing>();
  const stop = () => setDoing(undefined);
  return (
    <Page
      title="Users"
      actions={
        <Button look="primary" reason={refusal} onClick={() => setDoing({ what: "create" })}>
          New user
        </Button>
      }
    >
      <Card title={`Who belongs to ${organisation.name}`} flush>
        <Table
          label="Users"
          head={
            <>
              <Head>Name</Head>
              <Head>Role</Head>
              <Head>Signs in with</Head>
              <Head>Last seen</Head>
              <Head>Since</Head>
              <Head />
            </>
          }
        >
          {users.map((user) => (
            <tr key={user.id}>
              <Cell className="min-w-36">
                <p className="font-medium">
                  <Foreign text={user.name} /> {user.id === self?.id && <Badge>You</Badge>}
                </p>
                <p className="text-muted">
                  <Foreign text={user.display_name} />
                </p>
              </Cell>
              <Cell>{user.role}</Cell>
              <Cell>
                <SignsInWith user={user} />
              </Cell>
              <Cell>
                <Time at={user.last_seen_at} />
              </Cell>
              <Cell>
                <Time at={user.created_at} />
              </Cell>
              <Cell right>
                <Actions user={user} isSelf={user.id === self?.id} refusal={refusal} start={setDoing} />
              </Cell>
            </tr>
          ))}
        </Table>
      </Card>
      <Roles />
      {doing && <Doings doing={doing} onClose={stop} />}
    </Page>
  );
}

function SignsInWith({ user }: { user: User }) {
  if (user.is_disabled) return <Badge tone="bad">May not sign in</Badge>;
  return (
    <span className="flex flex-wrap gap-1">
      <Badge>{user.has_password ? "Password" : "OpenID"}</Badge>
      {user.has_totp ? (
        <Badge tone="good">Second factor</Badge>
      ) : (
        user.has_password && <Badge tone="slow">No second factor</Badge>
      )}
    </span>
  );
}

function Actions({
  user,
  isSelf,
  refusal,
  start,
}: {
  user: User;
  isSelf: boolean;
  refusal: string | undefined;
  start: (doing: Doing) => void;
}) {
  const client = useQueryClient();
  async function keepOut(is_disabled: boolean) {
    try {
      await answer(
        api.PUT("/users/{id}", { params: { path: { id: user.id } }, body: { ...unchanged, is_disabled } }),
      );
    } catch (error) {
      complain(error);
      return;
    }
    await client.invalidateQueries({ queryKey: ["users"] });
    say(is_disabled ? `${user.name} may not sign in any more` : `${user.name} may sign in again`);
  }
  const oneself = isSelf ? "this is you: change it in your profile" : undefined;
  const totp = user.has_totp ? undefined : "there is none";
  return (
    <Menu label={`Change ${user.name}`} small>
      <MenuItem reason={refusal} onClick={() => start({ what: "edit", user })}>
        Role and name …
      </MenuItem>
      <MenuItem reason={refusal ?? oneself} onClick={() => start({ what: "password", user })}>
        Reset the password …
      </MenuItem>
      <MenuItem reason={refusal ?? oneself ?? totp} onClick={() => start({ what: "totp", user })}>
        Take the second factor away …
      </MenuItem>
      <MenuItem reason={refusal} onClick={() => keepOut(!user.is_disabled)}>
        {user.is_disabled ? "Let them sign in again" : "Keep them out"}
      </MenuItem>
      <MenuItem reason={refusal} onClick={() => start({ what: "remove", user })}>
        Remove …
      </MenuItem>
    </Menu>
  );
}

function Doings({ doing, onClose }: { doing: Doing; onClose: () => void }) {
  const client = useQueryClient();
  if (doing.what === "create") return <NewUser onClose={onClose} />;
  const { user } = doing;
  const path = { params: { path: { id: user.id } } };
  async function done(said: string) {
    await client.invalidateQueries({ queryKey: ["users"] });
    say(said);
  }
  switch (doing.what) {
    case "edit":
      return <EditUser user={user} onClose={onClose} />;
    case "password":
      return <ResetPassword user={user} onClose={onClose} />;
    case "totp":
      return (
        <Confirm
          title={`Take the second factor of ${user.name} away`}
          action="Take it away"
          onClose={onClose}
          act={async () => {
            await answer(api.PUT("/users/{id}", { ...path, body: { ...unchanged, has_totp: false } }));
            await done(`${user.name} signs in without a second factor until they set up another`);
          }}
        >
          Do this when they have lost their authenticator, and you are sure that it is they who ask. From then
          on their password is enough.
        </Confirm>
      );
    case "remove":
      return (
        <Confirm
          title={`Remove ${user.name}`}
          action="Remove"
          onClose={onClose}
          act={async () => {
            await answer(api.DELETE("/users/{id}", path));
            await done(`${user.name} is removed`);
          }}
        >
          {user.name} is taken out of the organisation. Their sessions and tokens in it end at once; what they
          made stays.
        </Confirm>
      );
  }
}
