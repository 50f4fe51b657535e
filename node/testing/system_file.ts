/** A system file of a test's own, beside the components of the build. */
import { builtComponent } from "./components.ts";

export interface SystemJson {
  harts?: number;
  reports?: string;
  drivers: Record<
    string,
    { driver: string; config: Record<string, string>; report?: string }
  >;
  cells: Record<string, { hart?: number; budget_ms: number; class: string }>;
}

/** The node's own system file, changed; its path in `folder`. */
export function systemFile(
  folder: string,
  change: (file: SystemJson) => void,
): string {
  Deno.mkdirSync(`${folder}/build/cells`, { recursive: true });
  for (const name of ["graph", "rank", "query"]) {
    Deno.writeFileSync(
      `${folder}/build/cells/${name}.wasm`,
      builtComponent(name),
    );
  }
  const file: SystemJson = JSON.parse(Deno.readTextFileSync("system.json"));
  change(file);
  Deno.writeTextFileSync(`${folder}/system.json`, JSON.stringify(file));
  return `${folder}/system.json`;
}
