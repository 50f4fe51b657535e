/** `conform --matrix`: every driver of the program on its suite, as a table. */
import { isRed } from "../../../conformance/hal/suite/run.ts";
import {
  type Report,
  totalsOf,
} from "../../../conformance/hal/suite/report.ts";
import { type Context, EXIT } from "../command.ts";
import { LiveLine } from "../live_line.ts";

interface Row {
  readonly driver: string;
  readonly contract: string;
  readonly about: string;
  readonly report?: Report | undefined;
  readonly absent?: string | undefined;
}

export async function matrix(context: Context): Promise<number> {
  const { conformance } = context.composition;
  const wanted = context.text("contract");
  const progress = new LiveLine(context.host, false);
  const rows: Row[] = [];
  for (const { name, contract, about } of conformance.drivers()) {
    if (wanted !== undefined && contract !== wanted) continue;
    const { report, absent } = await conformance.run({
      contract,
      driver: name,
      seed: 1,
      only: undefined,
      expectations: undefined,
      profile: false,
      onResult: (_, { id }, index, total) =>
        progress.show(`${name} ${index + 1}/${total} ${id}`),
    });
    rows.push({ driver: name, contract, about, report, absent });
  }
  progress.end();
  const table = markdown(rows);
  const out = context.text("out");
  const summary = rows.map(({ driver, contract, report, absent }) => ({
    driver,
    contract,
    absent,
    ...(report === undefined ? {} : { totals: totalsOf(report.results) }),
  }));
  if (out !== undefined) {
    await context.host.writeFile(out, new TextEncoder().encode(table));
    context.print(summary, () => context.note(`wrote ${out}`));
  } else context.print(summary, () => context.line(table.trimEnd()));
  return rows.some(broken) ? EXIT.refused : EXIT.ok;
}

function broken({ report }: Row): boolean {
  return report?.results.some(({ verdict }) => isRed(verdict)) ?? false;
}

function markdown(rows: ReadonlyArray<Row>): string {
  const platforms = new Set(
    rows.flatMap(({ report }) => report === undefined ? [] : [report.platform]),
  );
  const cells = rows.map((row) => [
    `\`${row.driver}\``,
    row.contract,
    row.about,
    ...counts(row),
    leftOut(row),
  ]);
  const titles = [
    "driver",
    "contract",
    "stands on",
    "passed",
    "failed",
    "left out",
    "why left out",
  ];
  return [
    "# Drivers and their suites",
    "",
    "Made by `deno run kernel conform --matrix --out docs/conformance.md`;",
    `on ${[...platforms].join("; ")}.`,
    "",
    ...aligned([titles, ...cells]),
    "",
  ].join("\n");
}

function counts({ report }: Row): ReadonlyArray<string> {
  if (report === undefined) return ["", "", "all"];
  const { passed, failed, leftOut } = totalsOf(report.results);
  return [String(passed), String(failed), String(leftOut)];
}

function leftOut({ report, absent }: Row): string {
  if (absent !== undefined) return absent;
  const why = report?.results.flatMap(({ verdict, reason }) =>
    verdict === "left-out" && reason !== undefined ? [reason] : []
  );
  return [...new Set(why)].join("; ");
}

/** A Markdown table as the formatter would write it. */
function aligned(rows: ReadonlyArray<ReadonlyArray<string>>): string[] {
  const plain = rows.map((row) =>
    row.map((text) => text.replaceAll("|", "\\|").replace(/\s+/g, " "))
  );
  const widths = (plain[0] ?? []).map((_, column) =>
    Math.max(3, ...plain.map((row) => row[column]?.length ?? 0))
  );
  const line = (row: ReadonlyArray<string>) =>
    `| ${row.map((text, i) => text.padEnd(widths[i] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = plain;
  return [
    line(head),
    `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`,
    ...body.map(line),
  ];
}
