// What happens in a scan while one watches: one socket for all who look, whose frames go into the cache, and a
// memory of the newest events and lines.
//
//   first one looks ──▶ newest events are read ──▶ listen behind them ──▶ frames: cache, memory
//   last one leaves ──▶ a moment's grace ──▶ the socket is closed
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useCallback, useSyncExternalStore } from "react";
import { type GapFrame, type LineFrame, type LiveState, listen, type StoredFrame } from "@/api/live";
import { isSignedOut, Refused } from "@/api/problem";
import { takeIn } from "./frames";
import { newest } from "./newest";
import { eventsAfter, scanQuery } from "./queries";

export type Entry = StoredFrame | LineFrame | GapFrame;

export function isStored(entry: Entry): entry is StoredFrame {
  return "seq" in entry;
}

/** So much is remembered; the oldest goes first. */
const most = 20_000;
/** How many events are read before the socket is opened. */
const before = 1_000;
/** Whoever turns from one tab to the next keeps the socket. */
const grace = 3_000;

/** `connecting` is the first time, `waiting` every other; `lost` says that one may not watch any longer. */
export type Connection = "connecting" | "live" | "waiting" | "lost";

class Feed {
  /** What is remembered, oldest first; another array whenever there is more. */
  entries: readonly Entry[] = [];
  private fresh: Entry[] = [];
  connection: Connection = "connecting";
  /** Whether the last that was told is that the scan has ended. */
  isAtEnd = false;
  private readonly watchers = new Set<() => void>();
  private stop: (() => void) | undefined;
  private leaving: ReturnType<typeof setTimeout> | undefined;
  private telling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly scan: string,
    private readonly client: QueryClient,
  ) {}

  watch(told: () => void): () => void {
    this.watchers.add(told);
    clearTimeout(this.leaving);
    if (!this.stop) this.begin();
    return () => {
      this.watchers.delete(told);
      if (this.watchers.size === 0) this.leaving = setTimeout(() => this.end(), grace);
    };
  }

  /** Reads what happened before the first event that is remembered. */
  async readEarlier(): Promise<void> {
    const first = this.firstSeq();
    if (first === undefined || first <= 1) return;
    const since = Math.max(0, first - 1 - before);
    const events = await eventsAfter(this.scan, since, first - 1 - since);
    this.entries = [...(events as StoredFrame[]), ...this.entries];
    this.tell();
  }

  /** The number of the first event that is remembered: 1 when it is all there. */
  firstSeq(): number | undefined {
    return this.entries.find(isStored)?.seq;
  }

  private begin() {
    let isOver = false;
    let unlisten: (() => void) | undefined;
    this.stop = () => {
      isOver = true;
      unlisten?.();
    };
    // A socket from the first event on would tell a long story again; but without the newest events there
    // is no telling where to begin.
    const open = async () => {
      try {
        const read = (since: number, limit: number) => eventsAfter(this.scan, since, limit);
        const events = (await newest(read, before)) as StoredFrame[];
        if (isOver) return;
        this.entries = events;
        for (const event of events) this.note(event);
        this.tell();
        unlisten = listen(this.scan, events.at(-1)?.seq ?? 0, {
          stored: (frame) => this.take(frame),
          line: (frame) => this.remember(frame),
          state: (state) => this.turn(state),
        });
      } catch (error) {
        if (isOver) return;
        const isRefused = error instanceof Refused && error.status < 500;
        this.connection = isRefused ? "lost" : "waiting";
        this.tell();
        if (!isRefused) setTimeout(open, grace);
      }
    };
    void open();
  }

  private end() {
    this.stop?.();
    this.stop = undefined;
    this.entries = [];
    this.fresh = [];
    this.connection = "connecting";
  }

  private take(frame: StoredFrame) {
    this.note(frame);
    takeIn(this.client, this.scan, frame);
    this.remember(frame);
  }

  private note({ event }: StoredFrame) {
    if (event === "scan_complete") this.isAtEnd = true;
    else if (event === "batch_start") this.isAtEnd = false;
  }

  private remember(entry: Entry) {
    this.fresh.push(entry);
    this.tell();
  }

  private turn(state: LiveState) {
    if (state === "open") {
      if (this.connection === "waiting") {
        // What is not told by events may have changed meanwhile too.
        void this.client.invalidateQueries({ queryKey: ["scans", this.scan] });
      }
      this.connection = "live";
    } else if (state === "waiting") {
      this.connection = "waiting";
      void this.ask();
    } else if (state === "closed" && this.watchers.size > 0) {
      this.connection = "lost";
    }
    this.tell();
  }

  /** A socket does not say why it was refused: the API does. */
  private async ask() {
    try {
      await this.client.fetchQuery({ ...scanQuery(this.scan), staleTime: 0, retry: false });
    } catch (error) {
      const isGone = error instanceof Refused && error.status === 404;
      if (isSignedOut(error) || isGone) this.stop?.();
    }
  }

  /** Ten times a second is enough for eyes. */
  private tell() {
    this.telling ??= setTimeout(() => {
      this.telling = undefined;
      if (this.fresh.length > 0) this.entries = [...this.entries, ...this.fresh].slice(-most);
      this.fresh = [];
      for (const told of this.watchers) told();
    }, 100);
  }
}

const feeds = new Map<string, Feed>();

function feedOf(scan: string, client: QueryClient): Feed {
  const there = feeds.get(scan);
  if (there) return there;
  const feed = new Feed(scan, client);
  feeds.set(scan, feed);
  return feed;
}

function useFeed(scan: string): { feed: Feed; watch: (told: () => void) => () => void } {
  const client = useQueryClient();
  const feed = feedOf(scan, client);
  const watch = useCallback((told: () => void) => feed.watch(told), [feed]);
  return { feed, watch };
}

/** Keeps the pages of a scan up to date, and says how that goes. */
export function useLive(scan: string): { connection: Connection; isAtEnd: boolean } {
  const { feed, watch } = useFeed(scan);
  const connection = useSyncExternalStore(watch, () => feed.connection);
  const isAtEnd = useSyncExternalStore(watch, () => feed.isAtEnd);
  return { connection, isAtEnd };
}

/** The newest events and lines. */
export function useEntries(scan: string): {
  entries: readonly Entry[];
  firstSeq: number | undefined;
  readEarlier: () => Promise<void>;
} {
  const { feed, watch } = useFeed(scan);
  const entries = useSyncExternalStore(watch, () => feed.entries);
  return {
    entries,
    firstSeq: feed.firstSeq(),
    readEarlier: () => feed.readEarlier(),
  };
}
