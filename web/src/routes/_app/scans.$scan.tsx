// The frame of the pages of one scan.
import { createFileRoute, Outlet } from "@tanstack/react-router";

export const Route = createFileRoute("/_app/scans/$scan")({
  component: Outlet,
});
