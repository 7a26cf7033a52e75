// The cache of what the server said. Pages read from it, live frames write to it.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { isSignedOut, Refused } from "./problem";

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey: [noun, ...rest] }) => {
      if (noun !== "session" || rest.length > 0) doubt(error);
    },
  }),
  mutationCache: new MutationCache({ onError: doubt }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused will be refused again; what did not answer may come back.
      retry: (count, error) => !(error instanceof Refused && error.status < 500) && count < 3,
      retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
    },
  },
});

/** Whether the session has ended is asked anew when an answer says so; the frame of the pages looks at it. */
function doubt(error: unknown) {
  if (isSignedOut(error)) void queryClient.invalidateQueries({ queryKey: ["session"], exact: true });
}
