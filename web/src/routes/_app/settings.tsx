// Settings.
import { createFileRoute } from "@tanstack/react-router";
import { Appearance } from "@/features/settings/appearance";
import { Settings } from "@/features/settings/settings";
import { useThemeChoice } from "@/features/shell/theme";

export const Route = createFileRoute("/_app/settings")({
  component: function SettingsPage() {
    const [choice, choose] = useThemeChoice();
    return <Settings theme={<Appearance choice={choice} choose={choose} />} />;
  },
});
