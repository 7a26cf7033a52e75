// What is around every page: where one can go, who one is, and whether the server is there.
import { useIsFetching, useQueryClient } from "@tanstack/react-query";
import { Link, type LinkProps, useRouter } from "@tanstack/react-router";
import {
  Activity,
  Boxes,
  Building2,
  CircleUser,
  Cpu,
  FileClock,
  FolderKanban,
  GitCompare,
  KeyRound,
  LayoutDashboard,
  Menu as MenuIcon,
  Moon,
  PieChart,
  Puzzle,
  Radar,
  Search,
  Settings,
  Sun,
  TriangleAlert,
  Upload,
  Users,
  Zap,
} from "lucide-react";
import { type ComponentType, type ReactNode, useState } from "react";
import { answer, api } from "@/api/client";
import { goToOrganisation, type Permission, useSession } from "@/api/session";
import { classes } from "@/lib/classes";
import { IconButton } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { complain } from "@/ui/toast";
import { useTheme } from "./theme";

interface Place {
  to: LinkProps["to"];
  name: string;
  icon: ComponentType<{ size?: number }>;
  needs?: Permission;
}

// Findings, chains and schedules get their place here once the server has them.
const places: { name: string; of: Place[] }[] = [
  {
    name: "Scan",
    of: [
      { to: "/", name: "Overview", icon: LayoutDashboard },
      { to: "/projects", name: "Projects", icon: FolderKanban },
      { to: "/scans", name: "Scans", icon: Activity },
      { to: "/new-scan", name: "New scan", icon: Radar, needs: "scan" },
      { to: "/quick-scan", name: "Quick scan", icon: Zap, needs: "scan" },
      { to: "/import", name: "Import", icon: Upload, needs: "scan" },
    ],
  },
  {
    name: "Results",
    of: [
      { to: "/hosts", name: "Hosts", icon: Search },
      { to: "/services", name: "Services", icon: PieChart },
      { to: "/compare", name: "Compare", icon: GitCompare },
      { to: "/difficult-targets", name: "Difficult targets", icon: TriangleAlert },
    ],
  },
  {
    name: "Set up",
    of: [
      { to: "/templates", name: "Templates", icon: Boxes },
      { to: "/modules", name: "Modules", icon: Puzzle },
      { to: "/workers", name: "Workers", icon: Cpu },
      { to: "/users", name: "Users", icon: Users, needs: "people" },
      { to: "/tokens", name: "Tokens", icon: KeyRound },
      { to: "/organisations", name: "Organisations", icon: Building2 },
      { to: "/audit", name: "Audit log", icon: FileClock, needs: "audit" },
      { to: "/settings", name: "Settings", icon: Settings },
    ],
  },
];

export function Shell({ children }: { children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[13.5rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-surface focus:p-3"
      >
        Skip to the content
      </a>
      <header className="sticky top-0 z-20 flex flex-col border-line bg-surface max-lg:border-b lg:h-dvh lg:border-r">
        <div className="flex h-14 items-center justify-between px-4">
          <Link to="/" className="flex items-center gap-2 text-base font-semibold">
            <img src="/icon.svg" alt="" className="size-6" /> NetScan
          </Link>
          <IconButton
            label={isOpen ? "Close the menu" : "Open the menu"}
            aria-expanded={isOpen}
            className="lg:hidden"
            icon={<MenuIcon size={18} aria-hidden />}
            onClick={() => setOpen(!isOpen)}
          />
        </div>
        <div
          className={classes(
            "flex-col overflow-y-auto lg:flex lg:grow",
            isOpen ? "flex max-h-[80dvh]" : "hidden",
          )}
        >
          <Places onGo={() => setOpen(false)} />
          <Self />
        </div>
      </header>
      <main id="content" tabIndex={-1} className="min-w-0 outline-none">
        <Underway />
        {children}
      </main>
    </div>
  );
}

function Places({ onGo }: { onGo: () => void }) {
  const { permissions } = useSession();
  return (
    <nav aria-label="Main" className="flex grow flex-col gap-4 px-2 py-2">
      {places.map((group) => (
        <div key={group.name}>
          <p className="px-2 pb-1 text-xs font-medium text-muted">{group.name}</p>
          <ul>
            {group.of
              .filter(({ needs }) => !needs || permissions.includes(needs))
              .map(({ to, name, icon: Icon }) => (
                <li key={name}>
                  <Link
                    to={to}
                    onClick={onGo}
                    activeOptions={{ exact: to === "/" }}
                    className="flex items-center gap-2.5 rounded-md px-2 py-1.5 text-ink hover:bg-raised aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium"
                  >
                    <Icon size={16} aria-hidden />
                    {name}
                  </Link>
                </li>
              ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}

/** Who is signed in, what one can do about it, and the theme. */
function Self() {
  const session = useSession();
  const client = useQueryClient();
  const router = useRouter();
  const [theme, turn] = useTheme();
  async function signOut() {
    try {
      await answer(api.DELETE("/session"));
    } catch (error) {
      complain(error);
      return;
    }
    client.clear();
    await router.navigate({ to: "/sign-in" });
  }
  async function change(organisation: string) {
    try {
      await goToOrganisation(client, organisation);
    } catch (error) {
      complain(error);
      return;
    }
    await router.navigate({ to: "/" });
    await router.invalidate();
  }
  const name = session.user?.display_name || session.user?.name || session.token || "Local";
  return (
    <div className="flex items-center justify-between gap-2 border-t border-line p-3">
      <div className="min-w-0">
        <p className="foreign truncate font-medium">{name}</p>
        <p className="foreign truncate text-xs text-muted">
          {session.role} · {session.organisation.name}
        </p>
      </div>
      <div className="flex items-center">
        <IconButton
          label={theme === "dark" ? "Use the light theme" : "Use the dark theme"}
          icon={theme === "dark" ? <Sun size={16} aria-hidden /> : <Moon size={16} aria-hidden />}
          onClick={turn}
        />
        <Menu label="Account" bare small icon={<CircleUser size={16} aria-hidden />}>
          <MenuItem onClick={() => router.navigate({ to: "/profile" })}>Profile and sessions</MenuItem>
          {session.organisations
            .filter(({ id }) => id !== session.organisation.id)
            .map((other) => (
              <MenuItem key={other.id} onClick={() => change(other.name)}>
                Go to {other.name}
              </MenuItem>
            ))}
          <MenuItem onClick={signOut}>Sign out</MenuItem>
        </Menu>
      </div>
    </div>
  );
}

/** A thin bar while anything is on its way. */
function Underway() {
  const isBusy = useIsFetching({ predicate: ({ state }) => state.data === undefined }) > 0;
  return (
    <div
      aria-hidden
      className={classes("fixed inset-x-0 top-0 z-40 h-0.5 bg-accent", isBusy ? "animate-pulse" : "hidden")}
    />
  );
}
