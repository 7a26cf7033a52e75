// A picture of what a scan from a template does: from targets over nmap to what is kept. It tells what the
// last plan said; before that, only what holds for every template.
import type { Schemas } from "@/api/client";
import { counted, duration, number } from "@/lib/numbers";

interface Box {
  title: string;
  lines: string[];
}

const width = 210;
const height = 84;
const gap = 56;
const top = 66;

export function Graph({
  parameters,
  cost,
  project,
}: {
  parameters: string[];
  cost: Schemas["CostBody"] | undefined;
  project: string | undefined;
}) {
  const boxes = cost ? planned(cost, project) : unplanned;
  const total = 3 * width + 2 * gap;
  const said = boxes.map(({ title, lines }) => `${title}: ${lines.join(", ")}`).join("; then ");
  const filled = parameters.length > 0 ? `The parameters ${parameters.join(", ")} are filled in. ` : "";
  const y = parameters.length > 0 ? top : 0;
  return (
    <section aria-label="Picture of the scan" tabIndex={0} className="overflow-x-auto">
      <svg
        role="img"
        aria-label={`${filled}${said}`}
        viewBox={`-1 -1 ${total + 2} ${y + height + 2}`}
        className="mx-auto w-full max-w-3xl min-w-[32rem]"
      >
        {parameters.length > 0 && <Filled parameters={parameters} />}
        {boxes.map(({ title, lines }, place) => (
          <g key={title} transform={`translate(${place * (width + gap)} ${y})`}>
            <rect width={width} height={height} rx={8} className="fill-raised stroke-edge" />
            <text x={14} y={26} className="fill-ink text-sm font-semibold">
              {title}
            </text>
            {lines.map((line, index) => (
              <text key={line} x={14} y={48 + index * 20} className="fill-muted text-xs">
                {line.length > 32 ? `${line.slice(0, 31)}…` : line}
                {line.length > 32 && <title>{line}</title>}
              </text>
            ))}
            {place > 0 && <Arrow x={-gap} y={height / 2} length={gap} />}
          </g>
        ))}
      </svg>
    </section>
  );
}

const unplanned: Box[] = [
  { title: "Targets", lines: ["those of the template,", "or else of the project"] },
  { title: "Nmap", lines: ["with the template's options,", "in batches"] },
  { title: "Results", lines: ["hosts, ports and services,", "in the project"] },
];

function planned(cost: Schemas["CostBody"], project: string | undefined): Box[] {
  const left = cost.excluded + cost.out_of_scope;
  return [
    {
      title: "Targets",
      lines: [
        counted(cost.addresses, "address", "addresses"),
        left > 0 ? `${number(left)} left out` : "none left out",
      ],
    },
    {
      title: "Nmap",
      lines: [
        cost.options,
        `${counted(cost.batches, "batch", "batches")}, about ${duration(cost.forecast_ms)}`,
      ],
    },
    {
      title: "Results",
      lines: ["hosts, ports and services", project ? `in the project ${project}` : "in the project"],
    },
  ];
}

/** The parameters, and that they are filled in before the scan begins. */
function Filled({ parameters }: { parameters: string[] }) {
  const names = parameters.join(", ");
  const whole = 2 * width + gap;
  return (
    <g>
      <rect width={whole} height={36} rx={8} strokeDasharray="4 3" className="fill-none stroke-edge" />
      <text x={14} y={22} className="fill-ink text-xs">
        Parameters: {names.length > 56 ? `${names.slice(0, 55)}…` : names}
        {names.length > 56 && <title>{names}</title>}
      </text>
      {[width / 2, width * 1.5 + gap].map((x) => (
        <path
          key={x}
          d={`M${x} 36 V${top - 2} m-4 -6 l4 6 l4 -6`}
          strokeDasharray="4 3"
          className="fill-none stroke-edge"
        />
      ))}
    </g>
  );
}

function Arrow({ x, y, length }: { x: number; y: number; length: number }) {
  return <path d={`M${x + 4} ${y} H${x + length - 4} m-7 -5 l7 5 l-7 5`} className="fill-none stroke-ink" />;
}
