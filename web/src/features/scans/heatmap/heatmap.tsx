// The address space of a scan as a picture: from single addresses to a /8, in by a click and out by the path.
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { fieldOf, type Order } from "@/lib/hilbert";
import { covering, networkOf, parsedNetwork, widthOf } from "@/lib/network";
import { Empty, Waiting } from "@/ui/empty";
import { SelectField } from "@/ui/field";
import { Card } from "@/ui/page";
import { Trouble } from "@/ui/trouble";
import { type MapCell, mapQuery, type Scan, type ScanMap } from "../queries";
import { MapCanvas } from "./canvas";
import { CellTable } from "./cell-table";
import { Legend } from "./legend";
import { Readout } from "./readout";
import type { Shade } from "./shade";

export interface MapView {
  /** The network that is shown; all of it if it is not said. */
  within?: string | undefined;
  order?: Order | undefined;
  shade?: Shade | undefined;
}

interface Wiring {
  scan: Scan;
  view: MapView;
  onView: (changes: Partial<MapView>) => void;
}

export function Heatmap({ scan, view, onView }: Wiring) {
  const whole = useQuery(mapQuery(scan.id, undefined));
  const part = useQuery({ ...mapQuery(scan.id, view.within), enabled: view.within !== undefined });
  const shown = view.within === undefined ? whole : part;
  return (
    <Card title="Address space" actions={<Choices view={view} onView={onView} />}>
      {shown.error ? (
        <Trouble
          error={shown.error}
          retry={view.within ? () => onView({ within: undefined }) : shown.refetch}
        />
      ) : !shown.data || !whole.data ? (
        <Waiting what="Drawing the map" />
      ) : !isDrawn(shown.data) || !isDrawn(whole.data) ? (
        <Empty title="There is nothing to draw">The scan has no address.</Empty>
      ) : (
        <Shown scan={scan} view={view} onView={onView} whole={whole.data} map={shown.data} />
      )}
    </Card>
  );
}

function Choices({ view, onView }: Pick<Wiring, "view" | "onView">) {
  return (
    <>
      <SelectField
        label="Order of the cells"
        bare
        value={view.order ?? "hilbert"}
        onChange={({ target }) => onView({ order: target.value === "rows" ? "rows" : undefined })}
      >
        <option value="hilbert">Hilbert curve</option>
        <option value="rows">Row by row</option>
      </SelectField>
      <SelectField
        label="Colour of the cells"
        bare
        value={view.shade ?? "worst"}
        onChange={({ target }) => onView({ shade: target.value === "most" ? "most" : undefined })}
      >
        <option value="worst">Worst of each cell</option>
        <option value="most">Most of each cell</option>
      </SelectField>
    </>
  );
}

/** A map of something. */
type Drawn = ScanMap & { within: string };

function isDrawn(map: ScanMap): map is Drawn {
  return typeof map.within === "string";
}

function Shown({ scan, view, onView, whole, map }: Wiring & { whole: Drawn; map: Drawn }) {
  const navigate = useNavigate();
  const [at, setAt] = useState<number>();
  const field = useMemo(() => fieldOf(map.cell_count), [map.cell_count]);
  const byIndex = useMemo(() => new Map(map.cells.map((cell) => [cell.index, cell])), [map.cells]);
  const shade = view.shade ?? "worst";
  const path = pathTo(whole, map.within);
  const isAddress = (cell: MapCell) => map.prefix_of_a_cell === widthOf(cell.first);

  function open(cell: MapCell | undefined) {
    if (!cell) return;
    if (isAddress(cell)) {
      void navigate({
        to: "/addresses/$address",
        params: { address: cell.first },
        search: { project: scan.project },
      });
    } else {
      setAt(undefined);
      onView({ within: `${cell.first}/${map.prefix_of_a_cell}` });
    }
  }

  function go(to: string | undefined) {
    // Another network is another field: nobody is at the same cell of it.
    setAt(undefined);
    onView({ within: to === whole.within ? undefined : to });
  }

  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <nav aria-label="Networks around this one" className="flex flex-wrap items-center gap-1">
          {path.map((step) => (
            <span key={step} className="flex items-center gap-1">
              <button type="button" className="link min-h-6" onClick={() => go(step)}>
                {step}
              </button>
              <span aria-hidden>›</span>
            </span>
          ))}
          <strong aria-current="true">{map.within}</strong>
        </nav>
        <Blocks blocks={whole.blocks} onPick={go} />
      </div>
      <MapCanvas
        label={`Map of ${map.within}, ${field.columns} by ${field.rows} cells`}
        field={field}
        cells={map.cells}
        order={view.order ?? "hilbert"}
        shade={shade}
        at={at}
        onAt={setAt}
        onOpen={(index) => open(byIndex.get(index))}
        onLeave={() => path.length > 0 && go(path.at(-1))}
      />
      <Readout map={map} cell={at === undefined ? undefined : byIndex.get(at)} isAt={at !== undefined} />
      <Legend cells={map.cells} />
      <CellTable map={map} shade={shade} onOpen={open} />
    </div>
  );
}

/** The networks between the whole and this one, the widest first, as one comes through them. */
function pathTo(whole: Drawn, here: string): string[] {
  const [from, to] = [parsedNetwork(whole.within), parsedNetwork(here)];
  if (!from || !to || from.prefix >= to.prefix) return [];
  const step = Math.max(1, whole.prefix_of_a_cell - from.prefix);
  const steps = [whole.within];
  for (let prefix = from.prefix + step; prefix < to.prefix; prefix += step)
    steps.push(networkOf(to.address, prefix));
  return steps;
}

/** A way to each network that was written, for those far apart. */
function Blocks({ blocks, onPick }: { blocks: string[]; onPick: (network: string) => void }) {
  if (blocks.length < 2) return null;
  return (
    <div className="w-52">
      <SelectField
        label="Go to what was planned"
        bare
        value=""
        onChange={({ target }) => {
          const network = covering(target.value);
          if (network) onPick(network);
        }}
      >
        <option value="">Go to …</option>
        {blocks.map((block) => (
          <option key={block} value={block}>
            {block}
          </option>
        ))}
      </SelectField>
    </div>
  );
}
