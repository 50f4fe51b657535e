import { randomLinks } from "../conformance/cells/rank/random_links.ts";
import { distance, rank } from "../conformance/cells/rank/reference.ts";
import { openWebGpu } from "../drivers/web/gpu/open.ts";
import { GraphModel } from "../cells/rank/testing/graph_model.ts";
import { openRank } from "../cells/rank/testing/rank_cell.ts";
const hosted = openWebGpu({ inFlightMax: 256, ahead: 128 });
const answer = hosted.control.attach({ power: "any", software: true });
console.log(answer, hosted.gpu.describe());
function star(n: number) {
  return Array.from(
    { length: n - 1 },
    (_, i) => ({ origin: i + 1, target: 0, weight: 1n }),
  );
}
const sizes = Deno.args;
const links = sizes[0] === "star"
  ? star(Number(sizes[1]))
  : randomLinks(Number(sizes[2] ?? 1), Number(sizes[0]), Number(sizes[1])).map(
    (l) => ({ ...l, weight: l.weight % 1000n }),
  );
const unit = sizes[3] === "unit"
  ? links.map((l) => ({ ...l, weight: 1n }))
  : links;
const wrapped = { ...hosted.gpu };
let t00 = performance.now();
const when = new Map<bigint, [string, number]>();
const stat = new Map<string, [number, number, number]>();
wrapped.submit = (w, d) => {
  const r = hosted.gpu.submit(w, d);
  if (r.tag === "ok") when.set(r.val, [w.tag, performance.now()]);
  else console.log(r.val);
  return r;
};
let lastEnd = performance.now();
wrapped.take = (m) => {
  const r = hosted.gpu.take(m);
  const now = performance.now();
  for (const c of r) {
    if (c.outcome.tag === "octets") {
      console.log("read back at", (now - t00).toFixed(0));
    }
    const [tag, at] = when.get(c.ticket)!;
    const s = stat.get(tag) ?? [0, 0, 0];
    s[0]++;
    s[1] += now - at;
    s[2] += now - Math.max(at, lastEnd);
    lastEnd = now;
    stat.set(tag, s);
  }
  return r;
};
const one = async (config: [string, string][]) => {
  const t = performance.now();
  const cell = await openRank(new GraphModel(unit), { gpu: wrapped });
  cell.start(config);
  let steps = 0;
  for (;; steps++) {
    const p = cell.background.step();
    if (p.tag === "idle") {
      if (!cell.standing().computing) break;
      await new Promise((r) => setTimeout(r, 1));
    }
  }
  const s = cell.standing();
  console.log(
    config.join(" "),
    steps,
    (performance.now() - t).toFixed(0) + "ms",
    s.iterations,
    s.residual,
    s.bound,
    s.confirmed,
    cell.log,
    cell.lifecycle.health(),
    [...cell.residuals()].slice(0, 5),
  );
  return cell.vector();
};
const a = await one([["gpu", "yes"]]);
const b = await one([]);
const c = await one([["tolerance", "1e-14"]]);
console.log(stat);
console.log(
  "gpu-cpu",
  distance(a, b),
  "cpu-exact",
  distance(b, c),
  "gpu-exact",
  distance(a, c),
);
hosted.close();
