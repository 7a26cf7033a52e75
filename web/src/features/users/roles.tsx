// What each role may do.
import { Check, Minus } from "lucide-react";
import { comesWith, permissionNames, permissions, roleNames, roles } from "@/api/access";
import { Card } from "@/ui/page";
import { Cell, Head, Table } from "@/ui/table";

export function Roles() {
  return (
    <Card title="What each role may do" flush>
      <Table
        label="What each role may do"
        head={
          <>
            <Head>Permission</Head>
            <Head>What it allows</Head>
            {roleNames.map((role) => (
              <th key={role} scope="col" title={roles[role]} className="px-3 py-2 text-center font-medium">
                {role}
              </th>
            ))}
          </>
        }
      >
        {permissionNames.map((permission) => (
          <tr key={permission}>
            <Cell>{permission}</Cell>
            <Cell className="min-w-56">{permissions[permission].allows}</Cell>
            {roleNames.map((role) => (
              <Cell key={role} className="text-center">
                {comesWith(role, permission) ? (
                  <Check size={16} role="img" aria-label="yes" className="inline text-good" />
                ) : (
                  <Minus size={16} role="img" aria-label="no" className="inline text-muted" />
                )}
              </Cell>
            ))}
          </tr>
        ))}
      </Table>
    </Card>
  );
}
