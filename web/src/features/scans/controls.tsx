// What can be done with a scan as a whole. A button that cannot be pressed says why.
import { useQuery } from "@tanstack/react-query";
import { Gauge, Pause, Play, RotateCcw, Square, Trash2 } from "lucide-react";
import { useState } from "react";
import { useRefusal } from "@/api/session";
import { Button, LinkButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { Menu, MenuItem } from "@/ui/menu";
import { retries, useRemoval, useRerun, useRetry, useSteering } from "./commands";
import { Describe } from "./describe";
import { Exports } from "./exports";
import { Limits } from "./limits";
import { hasEnded, scanRefusal } from "./may";
import { previousQuery, type Scan } from "./queries";
import { SplitScan } from "./split";
import { scanName } from "./state";

type Opened = "stop" | "remove" | "describe" | "limits" | "split";

export function Controls({ scan }: { scan: Scan }) {
  const [opened, open] = useState<Opened>();
  const close = () => open(undefined);
  const steering = useSteering(scan);
  const retry = useRetry(scan);
  const rerun = useRerun(scan);
  const remove = useRemoval(scan);
  const role = useRefusal("scan");
  const why = (command: Parameters<typeof scanRefusal>[1]) => role ?? scanRefusal(scan, command);
  const busy = (command: string) => steering.isPending && steering.variables === command;
  const isPausing = scan.status === "paused" || scan.desired === "pause";
  const ended = hasEnded(scan);
  return (
    <>
      {scan.status === "created" && (
        <Button
          look="primary"
          icon={<Play size={14} aria-hidden />}
          reason={why("start")}
          busy={busy("start")}
          onClick={() => steering.mutate("start")}
        >
          Start
        </Button>
      )}
      {!ended &&
        scan.status !== "created" &&
        (isPausing ? (
          <Button
            look="primary"
            icon={<Play size={14} aria-hidden />}
            reason={why("resume")}
            busy={busy("resume")}
            onClick={() => steering.mutate("resume")}
          >
            Resume
          </Button>
        ) : (
          <Button
            icon={<Pause size={14} aria-hidden />}
            reason={why("pause")}
            busy={busy("pause")}
            onClick={() => steering.mutate("pause")}
          >
            Pause
          </Button>
        ))}
      {!ended && (
        <Button
          look="danger"
          icon={<Square size={14} aria-hidden />}
          reason={why("stop")}
          busy={busy("stop")}
          onClick={() => open("stop")}
        >
          Stop
        </Button>
      )}
      <Button
        icon={<Gauge size={14} aria-hidden />}
        reason={role}
        title="Concurrency, rate and other limits"
        onClick={() => open("limits")}
      >
        Limits
      </Button>
      <Menu label="Retry" icon={<RotateCcw size={14} aria-hidden />}>
        {retries.map(({ what, name }) => (
          <MenuItem key={what} reason={why("retry")} onClick={() => retry.mutate(what)}>
            {name}
          </MenuItem>
        ))}
      </Menu>
      <Menu label="Run again">
        <MenuItem reason={role} onClick={() => rerun.mutate(true)}>
          Run again now
        </MenuItem>
        <MenuItem reason={role} onClick={() => rerun.mutate(false)}>
          Make the same scan, start it later
        </MenuItem>
      </Menu>
      <Exports scan={scan} />
      <Previous scan={scan} />
      <Menu label="More">
        <MenuItem reason={why("split")} onClick={() => open("split")}>
          Cut into batches of another size
        </MenuItem>
        <MenuItem reason={role} onClick={() => open("describe")}>
          Name, description and notes
        </MenuItem>
        <MenuItem reason={why("remove")} onClick={() => open("remove")}>
          <span className="inline-flex items-center gap-2 text-danger">
            <Trash2 size={14} aria-hidden /> Remove
          </span>
        </MenuItem>
      </Menu>
      {opened === "stop" && (
        <Confirm
          title={`Stop ${scanName(scan)}?`}
          action="Stop the scan"
          act={() => steering.mutateAsync("stop")}
          onClose={close}
        >
          <p>It ends for good. What it has found is kept, and what is left can be retried.</p>
        </Confirm>
      )}
      {opened === "remove" && (
        <Confirm title={`Remove ${scanName(scan)}?`} action="Remove" act={remove} onClose={close}>
          <p>All that it found goes with it: hosts, coverage, events and files. This cannot be taken back.</p>
        </Confirm>
      )}
      {opened === "describe" && <Describe scan={scan} onClose={close} />}
      {opened === "limits" && <Limits scan={scan} onClose={close} />}
      {opened === "split" && <SplitScan scan={scan} onClose={close} />}
    </>
  );
}

/** The way to what changed since the scan before. */
function Previous({ scan }: { scan: Scan }) {
  const { data: previous } = useQuery(previousQuery(scan.id));
  if (previous === undefined) return <Button busy>Compare</Button>;
  if (previous === null)
    return <Button reason="no earlier scan of the project can be compared">Compare</Button>;
  return (
    <LinkButton to="/compare" search={{ project: scan.project, from: previous.id, to: scan.id }}>
      Compare with scan {previous.number}
    </LinkButton>
  );
}
