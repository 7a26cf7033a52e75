// Lines that keep coming: only those that can be seen are there, and the newest is followed until one looks back.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useLayoutEffect, useRef } from "react";

export function Stream({
  label,
  count,
  line,
  lineKey,
  news,
  follows,
  onFollow,
  onEnd,
  height = 24,
}: {
  label: string;
  count: number;
  /** A line by its place; it has one height. */
  line: (index: number) => ReactNode;
  lineKey: (index: number) => string | number;
  /** Is another whenever there are other lines. */
  news: unknown;
  follows: boolean;
  /** One looks back, or came to the end again. */
  onFollow: (follows: boolean) => void;
  /** The last line is in sight. */
  onEnd?: (() => void) | undefined;
  height?: number;
}) {
  const scroll = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroll.current,
    estimateSize: () => height,
    getItemKey: lineKey,
    overscan: 20,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: news are what there is to follow.
  useLayoutEffect(() => {
    const element = scroll.current;
    if (element && follows) element.scrollTop = element.scrollHeight;
  }, [count, news, follows]);
  function scrolled() {
    const element = scroll.current;
    if (!element) return;
    const isAtEnd = element.scrollHeight - element.scrollTop - element.clientHeight < height;
    if (isAtEnd !== follows) onFollow(isAtEnd);
    if (isAtEnd) onEnd?.();
  }
  return (
    <div
      ref={scroll}
      role="log"
      // Too much for ears: whoever wants to hear it reads the lines.
      aria-live="off"
      aria-label={label}
      tabIndex={0}
      onScroll={scrolled}
      className="h-[calc(100dvh-24rem)] min-h-72 overflow-auto [contain:strict]"
    >
      <div style={{ height: virtual.getTotalSize() }} className="relative">
        {virtual.getVirtualItems().map((item) => (
          <div
            key={item.key}
            style={{ height, transform: `translateY(${item.start}px)` }}
            className="absolute top-0 left-0 flex w-max min-w-full items-center gap-3 px-3 whitespace-pre"
          >
            {line(item.index)}
          </div>
        ))}
      </div>
    </div>
  );
}
