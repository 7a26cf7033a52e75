// Roles and permissions in words, as crates/netscan-model/src/access.rs has them.
import type { Schemas } from "./client";

type Permission = Schemas["Permission"];
type Role = Schemas["Role"];

/** What someone is to an organisation, the least first. */
export const roles: Record<Role, string> = {
  viewer: "Sees everything of the organisation, and changes nothing but what is their own",
  operator: "Plans, runs and steers scans too",
  admin: "Says who may do what, and what may be scanned",
};

export const roleNames: Role[] = ["viewer", "operator", "admin"];

/** What each permission allows, and the least role that comes with it. */
export const permissions: Record<Permission, { allows: string; least: Role }> = {
  read: { allows: "Look at projects, scans and results", least: "viewer" },
  own: { allows: "Change one's own password, second factor, sessions and tokens", least: "viewer" },
  scan: { allows: "Make, steer and remove scans; add targets and templates", least: "operator" },
  projects: { allows: "Make and change projects and their limits", least: "operator" },
  scope: { allows: "Say what a project may touch, and by whose leave", least: "admin" },
  people: { allows: "Say who belongs to the organisation; see and revoke all tokens", least: "admin" },
  audit: { allows: "Read the audit log", least: "admin" },
  settings: {
    allows: "Change the limits of the server, and make organisations: admins of the first organisation",
    least: "admin",
  },
};

export const permissionNames = Object.keys(permissions) as Permission[];

/** Whether a role comes with a permission. */
export function comesWith(role: Role, permission: Permission): boolean {
  return roleNames.indexOf(role) >= roleNames.indexOf(permissions[permission].least);
}
