// Sends a file and says how far it is. `fetch` cannot tell how much was sent, so it is an XMLHttpRequest.
import { href, mark, problemOf, type Schemas } from "@/api/client";
import { Refused, Unreachable } from "@/api/problem";

export interface Sending {
  done: Promise<Schemas["ImportBody"]>;
  /** Ends it; `done` is rejected then with an `AbortError`. */
  abort: () => void;
}

/** `onProgress` is told how many bytes are sent. */
export function send(
  file: File,
  query: Record<string, string | undefined>,
  onProgress: (bytes: number) => void,
): Sending {
  const request = new XMLHttpRequest();
  const done = new Promise<Schemas["ImportBody"]>((resolve, reject) => {
    request.open("POST", href("/import", query));
    request.setRequestHeader("Content-Type", "application/octet-stream");
    for (const [name, value] of Object.entries(mark)) request.setRequestHeader(name, value);
    request.responseType = "json";
    request.upload.onprogress = ({ loaded }) => onProgress(loaded);
    request.onload = () => {
      const { status, statusText, response } = request;
      if (status === 201) resolve(response as Schemas["ImportBody"]);
      else reject(new Refused(problemOf(response, new Response(null, { status, statusText }))));
    };
    request.onerror = () => reject(new Unreachable(undefined));
    request.onabort = () => reject(new DOMException("The upload was ended.", "AbortError"));
    request.send(file);
  });
  return { done, abort: () => request.abort() };
}
