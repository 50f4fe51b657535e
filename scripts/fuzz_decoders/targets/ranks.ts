/** The rank and query cells: states of another generation, and settings. */
import { randomLinks } from "../../../conformance/cells/rank/random_links.ts";
import { GraphModel as QueryGraph } from "../../../cells/query/model/graph_model.ts";
import { openQuery } from "../../../cells/query/model/query_cell.ts";
import { RankModel } from "../../../cells/query/model/rank_model.ts";
import { graphCell } from "../../../cells/graph/testing/graph_cell.ts";
import { GraphModel } from "../../../cells/rank/testing/graph_model.ts";
import { openRank } from "../../../cells/rank/testing/rank_cell.ts";
import type { Lifecycle } from "../../../wit/gen/kernel_lifecycle.ts";
import {
  hold,
  isCanonical,
  octetsTarget,
  type Target,
  textTarget,
} from "../target.ts";
import { deviceOf } from "./graph_cell.ts";

async function someStates(): Promise<Uint8Array[]> {
  const states: Uint8Array[] = [];
  for (const links of [[], randomLinks(1, 20, 60), randomLinks(2, 60, 200)]) {
    const cell = (await openRank(new GraphModel(links))).start();
    cell.settle();
    const { version, octets } = cell.snapshot();
    states.push(Uint8Array.from([version, ...octets]));
  }
  return states;
}

/** Lines of `key=value`. */
const settingsIn = (text: string): [string, string][] =>
  text.split("\n").filter((line) => line !== "").map((line) => {
    const [key = "", ...value] = line.split("=");
    return [key, value.join("=")];
  });

function settings(
  name: string,
  about: string,
  seeds: readonly string[],
  fresh: () => Promise<Lifecycle>,
): Target {
  return textTarget({
    name,
    about,
    form: "lines",
    octetsMax: 4096,
    seeds: () => seeds,
    run: async (text) => {
      const lifecycle = await fresh();
      const answer = lifecycle.start(settingsIn(text), undefined);
      if (answer.tag === "ok") return "taken";
      hold(answer.val.tag === "config", `settings: ${answer.val.tag}`);
      return "refused";
    },
  });
}

export const RANKS: readonly Target[] = [
  octetsTarget({
    name: "rank-state",
    about: "version and state that a rank cell is handed",
    octetsMax: 16 * 1024,
    seeds: someStates,
    run: async (octets) => {
      const version = octets[0] ?? 0;
      const state = octets.slice(1);
      const cell = await openRank(new GraphModel(randomLinks(3, 10, 20)));
      const given = { version, octets: state };
      const current = cell.lifecycle.stateVersion();
      // An older one is given the newest form; what is wrong with it is found
      // when it is taken over.
      const migrated = version === current
        ? undefined
        : cell.lifecycle.migrate(given);
      const newest = migrated?.tag === "ok"
        ? { version: current, octets: migrated.val }
        : given;
      const answer = cell.lifecycle.start([], newest);
      if (answer.tag === "err") return "refused";
      isCanonical(newest.octets, cell.snapshot().octets);
      cell.ranks.top(0, 1000);
      cell.settle();
      const sum = cell.vector().reduce((all, one) => all + one, 0);
      hold(Math.abs(sum - 1) < 1e-9, `the focus adds up to ${sum}`);
      return "taken";
    },
  }),
  settings(
    "rank-settings",
    "the rank cell's section of the system file",
    ["tolerance=1e-9\n", ""],
    async () => (await openRank(new GraphModel())).lifecycle,
  ),
  settings(
    "graph-settings",
    "the graph cell's section of the system file",
    [
      "network=test\n",
      "network=test\nsalt=00ff\nmemory-octets=99999999\n" +
      "checkpoint-octets=5\nfrom-log=yes\n",
    ],
    async () => (await graphCell(deviceOf(new Uint8Array()))).lifecycle,
  ),
  octetsTarget({
    name: "query-state",
    about: "version, state and a setting that a query cell is handed",
    form: "lines",
    octetsMax: 512,
    seeds: () =>
      ["\x01\n", "\x01\nterms-max=5\npostings-octets-max=70\n"].map((text) =>
        new TextEncoder().encode(text)
      ),
    run: async (octets) => {
      const graph = new QueryGraph();
      const cell = await openQuery(graph, new RankModel(), null);
      const end = octets.indexOf(10);
      const text = new TextDecoder().decode(octets.slice(end + 1));
      const answer = cell.lifecycle.start(settingsIn(text), {
        version: octets[0] ?? 0,
        octets: octets.slice(1, Math.max(1, end)),
      });
      return answer.tag === "ok" ? "taken" : "refused";
    },
  }),
];
