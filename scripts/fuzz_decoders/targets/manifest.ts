/** kernel/manifest: the system file, and the entry of one cell. */
import {
  type Offer,
  readEntry,
  readSystem,
  SystemRefused,
} from "../../../kernel/manifest/system_file.ts";
import { KINDS } from "../../../node/contents/kind.ts";
import { hold, judged, type Target, textOf, textTarget } from "../target.ts";

const OFFER: Offer = {
  kernel: new Set(
    ["log", "scheduling", "clock", "snapshots"].map((name) =>
      `karyon:kernel/${name}@0.1.0`
    ),
  ),
  drivers: new Map([["deno/block-file", new Set(["karyon:hal/block@0.1.0"])]]),
  kinds: new Set(KINDS),
};

/** A refusal names its places. */
const isRefused = (failure: unknown) =>
  failure instanceof SystemRefused && failure.faults.length > 0 &&
  failure.faults.every((fault) => /^[^\n]*:\d+:\d+: /.test(fault));

export const MANIFEST: readonly Target[] = [
  textTarget({
    name: "system-file",
    about: "system.json: cells, drivers, grants",
    octetsMax: 2 ** 18,
    cost: 2,
    seeds: () => [
      textOf("system.json"),
      textOf("conformance/refusals/system/good.json")
        .replaceAll("karyon:kernel/other", "karyon:kernel/log"),
      textOf("system.json").replace(
        '"drivers": {',
        '"contents": { "text": { "ttl": 0 }, "video": { "ttl": 5, ' +
          '"ttl_max": 9 } },\n  "drivers": {',
      ),
    ],
    run: (text) =>
      judged(
        readSystem("system.json", text, OFFER),
        isRefused,
        ({ cells, drivers }) => {
          for (const [name, cell] of cells) {
            hold(name === cell.name, "a cell under another name");
          }
          hold(cells.size + drivers.size < 1000, "more than may be there");
        },
      ),
  }),
  textTarget({
    name: "entry",
    about: "the entry of a cell that a proposal brings",
    seeds: () => [textOf("conformance/refusals/entry/good.json")],
    run: (text) => judged(readEntry("rank", text), isRefused),
  }),
];
