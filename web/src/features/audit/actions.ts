// What can stand in the audit log, by what it is about.

/** A group finds all of its actions: `scan` finds `scan.create` and the others. */
export const actions: Record<string, string[]> = {
  batch: ["reclaim", "retry", "set", "split", "stop"],
  organisation: ["change", "create"],
  project: ["create", "remove", "set"],
  scan: ["create", "end", "import", "limit", "remove", "retry", "set", "split"],
  scope: ["change"],
  search: ["remove", "save"],
  session: ["close", "end", "open", "refuse"],
  settings: ["limits"],
  targets: ["add", "remove", "tag"],
  template: ["change", "create", "remove"],
  token: ["create", "revoke"],
  user: ["add", "change", "create", "identity", "password", "remove", "totp_begin", "totp_off", "totp_on"],
};

/** All that can be asked for: the groups and what is in them. */
export const askable: string[] = Object.entries(actions).flatMap(([group, own]) => [
  group,
  ...own.map((action) => `${group}.${action}`),
]);
