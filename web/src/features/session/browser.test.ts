// Tests of what browsers are called.
import { expect, test } from "vitest";
import { browserOf } from "./browser";

test("a browser is called by its own name and not by those it imitates", () => {
  const webkit = "AppleWebKit/537.36 (KHTML, like Gecko)";

  expect(browserOf(`Mozilla/5.0 (X11; Linux x86_64) ${webkit} Chrome/156.0.0.0 Safari/537.36`)).toBe(
    "Chrome 156 on Linux",
  );
  expect(
    browserOf(`Mozilla/5.0 (Windows NT 10.0) ${webkit} Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0`),
  ).toBe("Edge 140 on Windows");
  expect(browserOf("Mozilla/5.0 (X11; Linux x86_64; rv:129.0) Gecko/20100101 Firefox/129.0")).toBe(
    "Firefox 129 on Linux",
  );
  expect(
    browserOf("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1 Version/18.0 Safari/605.1"),
  ).toBe("Safari 18 on macOS");
});

test("what is no known browser keeps its name", () => {
  expect(browserOf("curl/7.88.1")).toBe("curl/7.88.1");
  expect(browserOf("")).toBe("a browser without a name");
});
