// Live frames of one scan: a socket that comes back by itself and misses nothing.
//
//   connecting ──▶ open ──▶ waiting ──▶ connecting …      the server is gone, or the network
//                    └────▶ closed                        nobody watches, or one may no longer
//
// The number of the last stored event is kept, and the next socket begins behind it.

export interface StoredFrame {
  event: string;
  seq: number;
  ts: string;
  scan_id: string;
  [rest: string]: unknown;
}

export interface LineFrame {
  event: "line";
  batch_id: string;
  line: string;
  ts: string;
}

export interface GapFrame {
  event: "gap";
  from: number;
  to: number;
  ts: string;
}

export type LiveState = "connecting" | "open" | "waiting" | "closed";

export interface Listener {
  stored(frame: StoredFrame): void;
  line(frame: LineFrame | GapFrame): void;
  state(state: LiveState): void;
}

/** RFC 6455 closes with 1008 for a policy, which no coming back changes. */
const forbidden = 1008;
const firstPause = 500;
const longestPause = 10_000;

/** Listens to a scan from behind `since`, until the returned function is called. */
export function listen(scan: string, since: number, listener: Listener): () => void {
  let seq = since;
  let pause = firstPause;
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isOver = false;

  function connect() {
    listener.state("connecting");
    const { protocol, host } = window.location;
    const opened = new WebSocket(
      `${protocol === "https:" ? "wss" : "ws"}://${host}/ws/scans/${scan}?since=${seq}`,
    );
    socket = opened;
    opened.onmessage = (message) => {
      const frame: unknown = JSON.parse(String(message.data));
      if (typeof frame !== "object" || frame === null || !("event" in frame)) return;
      if (frame.event === "connected") {
        pause = firstPause;
        listener.state("open");
      } else if (frame.event === "line" || frame.event === "gap") {
        listener.line(frame as LineFrame | GapFrame);
      } else {
        const stored = frame as StoredFrame;
        seq = stored.seq;
        listener.stored(stored);
      }
    };
    opened.onclose = ({ code }) => {
      if (isOver) return;
      if (code === forbidden) {
        isOver = true;
        listener.state("closed");
        return;
      }
      listener.state("waiting");
      timer = setTimeout(connect, pause * (0.75 + Math.random() / 2));
      pause = Math.min(pause * 2, longestPause);
    };
  }

  /** The network is back: there is no reason to wait any longer. */
  function hurry() {
    if (isOver || socket?.readyState === WebSocket.OPEN || socket?.readyState === WebSocket.CONNECTING)
      return;
    clearTimeout(timer);
    pause = firstPause;
    connect();
  }

  connect();
  window.addEventListener("online", hurry);
  return () => {
    isOver = true;
    window.removeEventListener("online", hurry);
    clearTimeout(timer);
    socket?.close();
    listener.state("closed");
  };
}
