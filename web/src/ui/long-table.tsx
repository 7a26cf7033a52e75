// Tables of any length: only the rows that can be seen are there.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type CSSProperties, memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import { classes } from "@/lib/classes";

export interface Column<Row> {
  name: string;
  /** As in `grid-template-columns`. */
  width: string;
  right?: boolean;
  cell: (row: Row) => ReactNode;
}

/** Rows have one height, so that the place of each is known without looking at those before it. */
export function LongTable<Row>({
  label,
  columns,
  count,
  row,
  rowKey,
  onSeen,
  onOpen,
  height = 36,
  className = "h-[max(18rem,calc(100dvh-20rem))]",
}: {
  label: string;
  columns: Column<Row>[];
  /** How many rows there are. */
  count: number;
  /** A row by its place; nothing while it is on its way. */
  row: (index: number) => Row | undefined;
  rowKey?: (row: Row) => string;
  /** Rows from `first` to before `end` are seen now. */
  onSeen?: (first: number, end: number) => void;
  /** A row was picked, by Enter or by a click. */
  onOpen?: (row: Row) => void;
  height?: number;
  className?: string;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    overscan: 12,
    // Frames come first: what scrolls into sight is drawn when there is time, and the overscan fills the gap.
    useFlushSync: false,
  });
  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const end = (items.at(-1)?.index ?? -1) + 1;
  useEffect(() => {
    if (end > first) onSeen?.(first, end);
  }, [first, end, onSeen]);
  const template = useMemo(
    () => ({ gridTemplateColumns: columns.map(({ width }) => width).join(" ") }),
    [columns],
  );
  return (
    <div role="table" aria-label={label} aria-rowcount={count + 1} className="min-w-0 overflow-x-auto">
      <div className="min-w-[44rem]">
        <div
          role="row"
          aria-rowindex={1}
          style={template}
          className="grid border-b border-line text-xs font-medium text-muted"
        >
          {columns.map((column) => (
            <div
              key={column.name}
              role="columnheader"
              className={classes("truncate px-3 py-2", column.right && "text-right")}
            >
              {column.name}
            </div>
          ))}
        </div>
        <div
          ref={scroll}
          tabIndex={0}
          role="rowgroup"
          aria-label={`${label}, rows`}
          style={{ maxHeight: virtual.getTotalSize() }}
          className={classes("overflow-y-auto [contain:strict]", className)}
        >
          <div style={{ height: virtual.getTotalSize() }} className="relative">
            {items.map((item) => {
              const here = row(item.index);
              return (
                <LongRow
                  key={here && rowKey ? rowKey(here) : item.index}
                  row={here}
                  columns={columns}
                  index={item.index}
                  start={item.start}
                  height={height}
                  template={template}
                  onOpen={onOpen}
                />
              );
            })}
          </div>
        </div>
      </div>
    </div>
  );
}

interface LongRowProps<Row> {
  row: Row | undefined;
  columns: Column<Row>[];
  index: number;
  start: number;
  height: number;
  template: CSSProperties;
  onOpen: ((row: Row) => void) | undefined;
}

/** Scrolling draws the rows that come into sight, and leaves the others as they are. */
const LongRow = memo(function LongRow<Row>({
  row,
  columns,
  index,
  start,
  height,
  template,
  onOpen,
}: LongRowProps<Row>) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      tabIndex={onOpen ? 0 : -1}
      onClick={(event) =>
        row && onOpen && !(event.target as Element).closest("a, button, input") && onOpen(row)
      }
      onKeyDown={(event) =>
        event.key === "Enter" && event.target === event.currentTarget && row && onOpen?.(row)
      }
      style={{ ...template, height, transform: `translateY(${start}px)` }}
      className={classes(
        "absolute inset-x-0 top-0 grid items-center border-b border-line",
        onOpen && "cursor-pointer hover:bg-raised",
      )}
    >
      {columns.map((column) => (
        <div
          key={column.name}
          role="cell"
          className={classes("truncate px-3", column.right && "num text-right")}
        >
          {row ? column.cell(row) : <span className="inline-block h-3 w-2/3 rounded bg-raised" />}
        </div>
      ))}
    </div>
  );
}) as <Row>(props: LongRowProps<Row>) => ReactNode;
