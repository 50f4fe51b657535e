/**
 * Reads which modules a source imports, by a simple scan.
 *
 * Static imports and re-exports that begin a line, dynamic `import("…")`, and
 * workers by `new URL("….ts", import.meta.url)`. Comments that show an import
 * begin with ` *` and are not taken for one.
 */
import type { SourceFile } from "./house_files.ts";

export interface Import {
  readonly from: string;
  /** A path in the project, or a package's name (`npm:` and version off). */
  readonly to: string;
  readonly package: boolean;
}

const STATIC =
  /^(?:import|export)\s+(?:type\s+)?(?:[\w*{][^"';()=]*?\sfrom\s*)?["']([^"']+)["']/gm;
const DYNAMIC = /^(?!\s*(?:\*|\/\/)).*?\bimport\(\s*["']([^"']+)["']/gm;
const WORKER = /new URL\(\s*["']([^"']+\.ts)["'],\s*import\.meta\.url/g;

/** Imports of every TypeScript file, in order. */
export function imports(files: readonly SourceFile[]): Import[] {
  return files.filter(({ path }) => path.endsWith(".ts")).flatMap(importsOf);
}

function importsOf({ path, text }: SourceFile): Import[] {
  return [STATIC, DYNAMIC, WORKER].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap((match): Import | Import[] => {
      const specifier = match[1] ?? "";
      // Only AssemblyScript leaves an ending out; elsewhere this is a text that
      // a generator writes.
      const written = specifier.startsWith(".") && !/\.\w+$/.test(specifier);
      if (written && !path.includes("/assembly/")) return [];
      return /^\.{1,2}\//.test(specifier)
        ? { from: path, to: resolve(path, specifier), package: false }
        : { from: path, to: packageOf(specifier), package: true };
    })
  );
}

function resolve(from: string, specifier: string): string {
  const parts = from.split("/").slice(0, -1);
  for (const part of specifier.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** `npm:@a/b@1.0.0/c` and `@a/b/c` are `@a/b`; `node:x` stays. */
function packageOf(specifier: string): string {
  if (specifier.startsWith("node:")) return specifier;
  const bare = specifier.replace(/^npm:\/?/, "");
  const match = /^(@[^/]+\/[^/@]+|[^/@]+)/.exec(bare);
  return match?.[1] ?? bare;
}
