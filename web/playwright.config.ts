// How the pages are walked through: by Chromium, against the real program.
import { defineConfig } from "@playwright/test";

/** Debian's Chromium. It has no sandbox for root. */
const chromium = {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: process.getuid?.() === 0 ? ["--no-sandbox"] : [],
};

export default defineConfig({
  testDir: process.env.E2E_WALKS ?? "e2e",
  outputDir: process.env.E2E_OUTPUT ?? "../target/web",
  workers: 1,
  forbidOnly: true,
  reporter: "list",
  timeout: 240_000,
  expect: { timeout: 30_000 },
  use: {
    launchOptions: chromium,
    viewport: { width: 1400, height: 900 },
    locale: "en-GB",
    timezoneId: "Europe/Zurich",
    actionTimeout: 20_000,
    screenshot: "only-on-failure",
  },
});
