// A value once it has not changed for a while: what is written is asked about when the hand rests.
import { useEffect, useState } from "react";

export function useSettled<T>(value: T, pause = 350): T {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}
