/**
 * Checks the house rules that a formatter and a linter do not know.
 *
 *   deno task tidy          deno run --allow-read=. scripts/tidy.ts
 *
 * Prints one line per broken rule, `path:line: what; use what instead`, and
 * ends with 1 if there is any. The rules, each with a negative in its test:
 * - a source file has at most `LINES_MAX` lines (generated ones excepted)
 * - time, chance and the platform come through services; the door is
 *   `kernel/host/` (drivers, node, scripts and tests may use them)
 * - no blanket permissions, no FIXME, a TODO names its issue
 * - no way around the type checker; unchecked casts are counted and bounded
 * - no assertion that is loose
 * - no file or folder called utils, common or misc; files are snake_case
 */
import { houseFiles, report, ROOT, type SourceFile } from "./house_files.ts";

const LINES_MAX = 400;
/** `as unknown as` in the whole tree: each is a place to look at. */
const CASTS_MAX = 40;

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly use: string;
  /** Files in which it is allowed. */
  readonly except: RegExp;
}

/** Tests and what only they use; a cell itself is all in `assembly/`. */
const TEST =
  /(_test|\/testing|\/test_\w+)\.ts$|\/(testing|model)\/|^cells\/[^/]+\/[^/]+$/;
const OUTSIDE = new RegExp(
  `^(kernel/host|drivers|node|scripts|conformance)/|^main\\.ts$|${TEST.source}`,
);
/** AssemblyScript's own decorators are unknown to other checkers. */
const ASSEMBLY =
  /^(cells\/[^/]+|drivers\/[^/]+\/[^/]+)\/assembly\/|^wit\/generator\//;
/** A comment; prose may say "any". */
const COMMENT = String.raw`^(?!\s*(?:\*|\/\/|\/\*)).*`;
const NOWHERE = /^$/;
/** This file and its test have to name what they look for. */
const SELF = /^scripts\/tidy(_test)?\.ts$/;

const BANS: readonly Ban[] = [
  {
    what: "Date.now(",
    pattern: /\bDate\.now\(/,
    use: "effect Clock",
    except: OUTSIDE,
  },
  {
    what: "Math.random(",
    pattern: /\bMath\.random\(/,
    use: "effect Random",
    except: OUTSIDE,
  },
  {
    what: "performance.now(",
    pattern: /\bperformance\.now\(/,
    use: "effect Clock",
    except: OUTSIDE,
  },
  {
    what: "Deno.",
    pattern: /\bDeno\.[a-z]/,
    use: "a service of kernel/host",
    except: OUTSIDE,
  },
  {
    what: "blanket permission",
    pattern: /--allow-all\b|\b(run|test|bench|serve)\b[^\n]*\s["']?-A\b/,
    use: "exact permissions",
    except: NOWHERE,
  },
  {
    what: "FIXME",
    pattern: /\bFIXME\b/,
    use: "a fix, or an issue",
    except: NOWHERE,
  },
  {
    what: "TODO without an issue",
    pattern: /\bTODO\b(?!\(#\d+\))/,
    use: "TODO(#number)",
    except: NOWHERE,
  },
  {
    what: "a way around the type checker",
    pattern: new RegExp(
      String
        .raw`@ts-(ignore|nocheck)|no-explicit-any|${COMMENT}(\bas any\b|<any>|: any\b)`,
    ),
    use: "a type, or unknown and a check",
    except: ASSEMBLY,
  },
  {
    // Under Deno 2.9 they are not strict, also from node:assert/strict.
    what: "a loose assertion",
    pattern: /(?<![.\w"'`/])(equal|deepEqual|notEqual|notDeepEqual)\(/,
    use: "strictEqual, deepStrictEqual and their opposites",
    except: ASSEMBLY,
  },
];

const FORBIDDEN_NAMES = /(^|\/)(utils?|common|misc|helpers?)(\.|_|\/|$)/;
const SNAKE = /^[a-z0-9_]+(\.d)?\.ts$/;
const CODE = /\.(ts|wit|js|mjs|json|yml|yaml|sh)$|\/run$/;

/** One line per broken rule in one file; empty means tidy. */
export function tidy({ path, text }: SourceFile): string[] {
  const faults: string[] = [];
  if (FORBIDDEN_NAMES.test(path)) {
    faults.push(`${path}: the name says nothing; use what is in it`);
  }
  if (!CODE.test(path)) return faults;
  const name = path.slice(path.lastIndexOf("/") + 1);
  if (name.endsWith(".ts") && !SNAKE.test(name)) {
    faults.push(`${path}: not snake_case; use ${snakeCase(name)}`);
  }
  const lines = text.split("\n");
  if (/\.(ts|wit)$/.test(path) && lines.length - 1 > LINES_MAX) {
    faults.push(
      `${path}: ${
        lines.length - 1
      } lines, more than ${LINES_MAX}; use a second file`,
    );
  }
  if (SELF.test(path)) return faults;
  for (const [index, line] of lines.entries()) {
    for (const ban of BANS) {
      if (ban.pattern.test(line) && !ban.except.test(path)) {
        faults.push(
          `${path}:${index + 1}: ${ban.what} is banned; use ${ban.use}`,
        );
      }
    }
  }
  return faults;
}

/** Unchecked casts in one file; tests may have them. */
export function casts({ path, text }: SourceFile): number {
  if (!path.endsWith(".ts") || TEST.test(path) || SELF.test(path)) return 0;
  return text.match(/\bas unknown as\b/g)?.length ?? 0;
}

/** Every broken rule of a tree. */
export function tidyTree(files: readonly SourceFile[]): string[] {
  const faults = files.flatMap(tidy);
  const count = files.reduce((sum, file) => sum + casts(file), 0);
  if (count > CASTS_MAX) {
    const worst = files.filter((file) => casts(file) > 0)
      .map((file) => `${file.path} (${casts(file)})`).join(", ");
    faults.push(
      `${count} \`as unknown as\`, more than ${CASTS_MAX}; use a check: ${worst}`,
    );
  }
  return faults;
}

function snakeCase(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/-/g, "_")
    .toLowerCase();
}

if (import.meta.main) report("tidy", tidyTree(houseFiles(ROOT)));
