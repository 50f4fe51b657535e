/**
 * Graphs whose focus from particle 0 can be written down by hand.
 *
 * All others are alike, so there are two unknowns, as in `closed_forms.ts`: the share
 * h of particle 0, and that of the others. Prior and anchor are on particle 0.
 */
import { type ClosedForm, type HubAndLeaves, shareOf } from "./closed_forms.ts";
import type { WeightedLink } from "./reference.ts";

type Affine = readonly [number, number];

/** What each operator maps h to, at particle 0; and the sum over the others. */
interface Operators {
  readonly diffusion: readonly [Affine, Affine];
  readonly springs: readonly [Affine, Affine];
  readonly heat: readonly [Affine, Affine];
}

function form(
  name: string,
  links: WeightedLink[],
  others: number,
  { diffusion, springs, heat }: Operators,
): ClosedForm {
  const mix = (end: 0 | 1, i: 0 | 1) =>
    0.5 * diffusion[end][i] + 0.3 * springs[end][i] + 0.2 * heat[end][i];
  const both: HubAndLeaves = {
    hub: [mix(0, 0), mix(0, 1)],
    leaves: [mix(1, 0), mix(1, 1)],
  };
  const share = shareOf(both);
  const focus = new Float64Array(others + 1).fill((1 - share) / others);
  focus[0] = share;
  return { name, links, focus };
}

function link(origin: number, target: number): WeightedLink {
  return { origin, target, weight: 1n };
}

function star(k: number, mutual: boolean): ClosedForm {
  const links: WeightedLink[] = [];
  for (let leaf = 1; leaf <= k; leaf++) {
    links.push(link(leaf, 0));
    if (mutual) links.push(link(0, leaf));
  }
  const w = mutual ? 2 : 1;
  const e2 = Math.exp(-2);
  return form(`${mutual ? "mutual" : "one-way"} star of ${k}`, links, k, {
    // With one-way axons all that is at the hub has no way out, and returns to it.
    diffusion: mutual ? [[1, -0.85], [0, 0.85]] : [[1, 0], [0, 0]],
    springs: [
      [(1 + w) / (1 + w * k), -w / (1 + w * k)],
      [0, k * w / (1 + w)],
    ],
    heat: [[0.5 - 0.5 * e2, e2], [0.5 + 0.5 * e2, -e2]],
  });
}

function complete(n: number): ClosedForm {
  const links: WeightedLink[] = [];
  for (let p = 0; p < n; p++) {
    for (let q = 0; q < n; q++) if (p !== q) links.push(link(p, q));
  }
  const k = n - 1;
  const d = 2 * k;
  const e = Math.exp(-n / k);
  return form(`complete graph of ${n}`, links, k, {
    diffusion: [
      [0.15 + 0.85 / k, -0.85 / k],
      [0.85 * (k - 1) / k, 0.85 / k],
    ],
    springs: [[3 / (1 + d), -2 / (1 + d)], [(d - 2) / (1 + d), 2 / (1 + d)]],
    heat: [[(1 - e) / n, e], [1 - (1 - e) / n, -e]],
  });
}

/** All of them; the focus is from particle 0. */
export function personalForms(): ClosedForm[] {
  return [
    complete(2),
    complete(3),
    complete(9),
    star(1, false),
    star(4, false),
    star(60, false),
    star(1, true),
    star(9, true),
    star(300, true),
  ];
}
