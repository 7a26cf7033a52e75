// What the wizard knows of what is around a scan.
import type { Schemas } from "@/api/client";

export interface Around {
  projects: Schemas["ProjectBody"][];
  /** The project that was last scanned. */
  newest: string | undefined;
  inventory: Schemas["TargetBody"][];
  searches: Schemas["SavedSearchBody"][];
  templates: Schemas["TemplateBody"][];
  modules: Schemas["ModuleBody"][];
}
