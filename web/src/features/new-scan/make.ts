// Makes the scans that were thought out, and starts them.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { answer, api, type Schemas } from "@/api/client";
import { Refused } from "@/api/problem";
import { counted } from "@/lib/numbers";
import { say } from "@/ui/toast";
import { startOver } from "./draft";
import { freshKey, type Part } from "./requests";

/** Makes the scans; two are made before either is started, so that a refusal leaves nothing behind. */
export function useMake(partsNow: () => Part[], onMade: (scan: Schemas["Scan"]) => void) {
  const client = useQueryClient();
  // The same request has the same key, until it was answered.
  const keys = useRef(new Map<string, string>());
  async function create(body: Schemas["CreateScan"]) {
    const text = JSON.stringify(body);
    const key = keys.current.get(text) ?? freshKey();
    keys.current.set(text, key);
    const headers = { "Idempotency-Key": key };
    return answer(api.POST("/scans", { body, headers }));
  }
  async function makeAll(isStarted: boolean) {
    const parts = partsNow();
    const [first, ...others] = parts;
    if (!first) throw new Error("There is nothing to make.");
    if (others.length === 0) return [await create({ ...first.body, start: isStarted })];
    const made: Schemas["Scan"][] = [];
    try {
      for (const { body } of parts) made.push(await create(body));
    } catch (error) {
      if (error instanceof Refused) await Promise.allSettled(made.map(({ id }) => remove(id)));
      throw error;
    }
    if (isStarted) for (const { id } of made) await start(id);
    return made;
  }
  return useMutation({
    mutationFn: makeAll,
    onSuccess: async (made, isStarted) => {
      keys.current.clear();
      say(`${counted(made.length, "scan")} ${isStarted ? "started" : "made"}`);
      await client.invalidateQueries({ queryKey: ["scans"], refetchType: "none" });
      await client.invalidateQueries({ queryKey: ["projects"], refetchType: "none" });
      startOver();
      if (made[0]) onMade(made[0]);
    },
    onError: (error) => {
      // After a refusal it is another request; without an answer it is still the same one.
      if (error instanceof Refused) keys.current.clear();
    },
  });
}

function remove(id: string) {
  return answer(api.DELETE("/scans/{id}", { params: { path: { id } } }));
}

/** One that runs already was started by the attempt before, whose answer was lost. */
async function start(id: string) {
  try {
    await answer(api.POST("/scans/{id}/start", { params: { path: { id } } }));
  } catch (error) {
    if (!(error instanceof Refused && error.status === 409)) throw error;
  }
}
