// The cache of what the server said. Pages read from it, live frames write to it.
import { QueryClient } from "@tanstack/react-query";
import { Refused } from "./problem";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused will be refused again; what did not answer may come back.
      retry: (count, error) => !(error instanceof Refused && error.status < 500) && count < 3,
      retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
    },
  },
});
