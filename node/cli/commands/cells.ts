/**
 * `cells`: what runs, with budgets and what was used; live with --watch.
 */
import type { CellReport, NodeApi } from "../../api.ts";
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { Column } from "../table.ts";
import { count, microseconds, octets, short } from "../words.ts";

const REFRESH_MS = 1000;

const COLUMNS: ReadonlyArray<Column<CellReport>> = [
  { title: "cell", value: ({ name }) => name },
  { title: "state", flex: 8, value: ({ state }) => state },
  { title: "version", spare: 2, value: ({ version }) => version },
  {
    title: "gen",
    right: true,
    spare: 1,
    value: ({ generation }) => `${generation}`,
  },
  {
    title: "used/budget",
    right: true,
    value: ({ used_ms, budget_ms }) => `${used_ms.toFixed(2)}/${budget_ms} ms`,
  },
  {
    title: "p50",
    right: true,
    spare: 3,
    value: (one) => microseconds(one.p50_us),
  },
  { title: "p99", right: true, value: (one) => microseconds(one.p99_us) },
  { title: "calls", right: true, value: ({ calls }) => count(calls) },
  { title: "faults", right: true, value: ({ faults }) => count(faults) },
  { title: "parks", right: true, spare: 3, value: ({ parks }) => count(parks) },
  {
    title: "missed",
    right: true,
    spare: 4,
    value: ({ missed }) => count(missed),
  },
  {
    title: "overshoot",
    right: true,
    spare: 4,
    value: (one) => one.parks > 0 ? microseconds(one.overshoot_p99_us) : "",
  },
  {
    title: "queue",
    right: true,
    spare: 4,
    value: ({ waiting, waiting_most }) => `${waiting}/${waiting_most}`,
  },
  {
    title: "pause",
    right: true,
    spare: 4,
    value: ({ swap_pause_ms }) =>
      swap_pause_ms === undefined ? "" : microseconds(swap_pause_ms * 1_000),
  },
  {
    title: "memory",
    right: true,
    spare: 4,
    value: ({ memory_bytes }) => octets(memory_bytes),
  },
  { title: "class", spare: 5, value: (one) => one.class },
  { title: "engine", spare: 6, value: ({ engine }) => engine },
  { title: "hart", right: true, spare: 7, value: ({ hart }) => `${hart}` },
  { title: "hash", spare: 8, value: ({ hash }) => short(hash) },
];

export function cellLines(
  context: Context,
  reports: ReadonlyArray<CellReport>,
): ReadonlyArray<string> {
  const details = reports.flatMap(({ name, detail }) =>
    detail === undefined ? [] : [context.dim(`${name}: ${detail}`)]
  );
  return [...context.table(COLUMNS, reports), ...details];
}

export const cells: Command = {
  name: "cells",
  about: "the cells that run, with their budgets",
  usage: "[--watch]",
  options: {
    watch: { type: "boolean", about: "refresh every second until Ctrl-C" },
  },
  takes: [0, 0],
  run: (context) =>
    context.withNode(async (api) => {
      if (context.flag("watch")) return await watch(context, api);
      const reports = await ask(api.cells());
      context.print(reports, () => {
        for (const line of cellLines(context, reports)) context.line(line);
      });
      return EXIT.ok;
    }),
};

async function watch(context: Context, api: NodeApi): Promise<number> {
  const { host } = context;
  const { signal, dispose } = host.interruption();
  let shown = 0;
  try {
    while (!signal.aborted) {
      const reports = await ask(api.cells());
      if (context.json) context.line(JSON.stringify(reports));
      else {
        const lines = cellLines(context, reports);
        const back = host.outIsTerminal && shown > 0
          ? `\x1b[${shown}A\x1b[J`
          : "";
        host.out(back + lines.join("\n") + "\n");
        shown = lines.length;
      }
      await host.sleep(REFRESH_MS, signal);
    }
  } finally {
    dispose();
  }
  return EXIT.ok;
}
