// What nmap is to do: a profile, or options of its own.
import type { Schemas } from "@/api/client";
import { classes } from "@/lib/classes";
import { Complaint } from "@/ui/complaint";
import { CheckField, Field, TextField } from "@/ui/field";
import { Card } from "@/ui/page";
import type { Change, Draft } from "./draft";

export function NmapCard({
  draft,
  change,
  modules,
  wrong,
}: {
  draft: Draft;
  change: Change;
  modules: Schemas["ModuleBody"][];
  wrong: (pointer: string) => string | undefined;
}) {
  const nmap = modules.find(({ id }) => id === "nmap");
  return (
    <Card title={nmap?.version ? `Nmap ${nmap.version}` : "Nmap"}>
      <div className="flex flex-col gap-5">
        {nmap && !nmap.available && <Complaint text={nmap.reason ?? "Nmap cannot run on this server."} />}
        <fieldset className="flex flex-wrap gap-x-5 gap-y-2">
          <legend className="sr-only">How nmap is told what to do</legend>
          {(["profile", "options"] as const).map((how) => (
            <label key={how} className="flex min-h-6 items-center gap-2">
              <input
                type="radio"
                name="how"
                className="size-4 accent-accent"
                checked={draft.how === how}
                onChange={() => change({ how })}
              />
              {how === "profile" ? "A profile" : "Nmap's own options"}
            </label>
          ))}
        </fieldset>
        {draft.how === "profile" ? (
          <ProfileFields draft={draft} change={change} wrong={wrong} />
        ) : (
          <Field
            label="Options"
            hint="As on nmap's command line, without targets. They are read and written anew; what may do harm is refused."
            error={wrong("/options")}
          >
            {(wiring) => (
              <textarea
                {...wiring}
                rows={3}
                spellCheck={false}
                autoCapitalize="off"
                className="field font-mono"
                placeholder="-sT -sV -p 22,80,443"
                value={draft.options}
                onChange={(event) => change({ options: event.target.value.replace(/\n/g, " ") })}
              />
            )}
          </Field>
        )}
        <Complaint text={wrong("/modules")} />
      </div>
    </Card>
  );
}

/** What crates/netscan-modules/src/nmap/options/profile.rs asks nmap for. */
const profiles: { profile: Schemas["ScanProfile"]; name: string; means: string; options: string }[] = [
  {
    profile: "quick",
    name: "Quick",
    means: "The 100 most common ports, without asking what is behind them",
    options: "-T4 --top-ports=100",
  },
  {
    profile: "default",
    name: "Default",
    means: "The 1,000 most common ports, and the versions of what is behind the open ones",
    options: "-sV -T4 --top-ports=1000",
  },
  {
    profile: "full",
    name: "Full",
    means: "All 65,535 ports, with versions. It takes far longer",
    options: "-p1-65535 -sV -T4",
  },
];

function ProfileFields({
  draft,
  change,
  wrong,
}: {
  draft: Draft;
  change: Change;
  wrong: (pointer: string) => string | undefined;
}) {
  return (
    <>
      <fieldset className="flex flex-col gap-2">
        <legend className="sr-only">Profile</legend>
        <p className="text-muted">
          Port discovery finds the open ports, and nmap looks only at those. With options of its own, nmap
          does all of it.
        </p>
        {profiles.map(({ profile, name, means, options }) => (
          <label
            key={profile}
            className={classes(
              "flex items-start gap-3 rounded-md border p-3 hover:bg-raised",
              draft.profile === profile ? "border-accent bg-accent-soft" : "border-line",
            )}
          >
            <input
              type="radio"
              name="profile"
              className="mt-0.5 size-4 accent-accent"
              checked={draft.profile === profile}
              onChange={() => change({ profile })}
            />
            <span className="min-w-0">
              <span className="font-medium">{name}</span>
              <span className="block text-muted">{means}</span>
              <code className="font-mono text-xs text-muted">{options}</code>
            </span>
          </label>
        ))}
        {wrong("/profile") && <Complaint text={wrong("/profile")} />}
      </fieldset>
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Ports"
          className="font-mono"
          hint="In place of the profile's, as nmap's -p takes them"
          placeholder="22,80,8000-8100"
          error={wrong("/ports")}
          value={draft.ports}
          onChange={(event) => change({ ports: event.target.value })}
        />
        <TextField
          label="Most common ports"
          inputMode="numeric"
          hint="Only so many; with ports, of those"
          placeholder="100"
          error={wrong("/top_ports") && "Write a whole number from 1 to 65535, or nothing"}
          value={draft.topPorts}
          onChange={(event) => change({ topPorts: event.target.value })}
        />
      </div>
      <div>
        <CheckField
          label="UDP beside TCP"
          hint="Much slower: most hosts answer few UDP probes a second"
          checked={draft.udp}
          onChange={(event) => change({ udp: event.target.checked })}
        />
        <Complaint text={wrong("/udp")} />
      </div>
    </>
  );
}
