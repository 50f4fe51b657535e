/**
 * The reference against what is known without it: closed forms, a library's
 * PageRank, and the axioms.
 */
import assert from "node:assert/strict";
import { closedForms } from "./closed_forms.ts";
import { libraryPagerank } from "./library_pagerank.ts";
import { randomLinks } from "./random_links.ts";
import {
  axonsOf,
  distance,
  rank,
  sum,
  type WeightedLink,
} from "./reference.ts";

const L1_ERROR_MAX = 1e-9;
const DIFFUSION_ONLY = [1, 0, 0] as const;

Deno.test("reference: closed forms", () => {
  for (const { name, links, focus } of closedForms()) {
    const found = rank(links, { tolerance: 1e-14 });
    assert.ok(distance(found.focus, focus) < 1e-12, name);
  }
});

Deno.test("reference: diffusion alone is PageRank where the prior is uniform", () => {
  for (let seed = 1; seed <= 12; seed++) {
    const links = randomLinks(seed, 5 + seed * 10, 20 + seed * 40);
    const ours = rank(links, {
      mix: DIFFUSION_ONLY,
      prior: "uniform",
      tolerance: 1e-14,
    });
    const theirs = libraryPagerank(axonsOf(links));
    const off = distance(ours.focus, theirs);
    assert.ok(off < L1_ERROR_MAX, `seed ${seed}: ${off} apart`);
  }
});

Deno.test("reference: on a regular graph the data model's prior is PageRank's", () => {
  // Each particle has two axons out and two in, so each has the same degree.
  const n = 31;
  const links: WeightedLink[] = [];
  for (let p = 0; p < n; p++) {
    links.push({ origin: p, target: (p + 1) % n, weight: 1n });
    links.push({ origin: p, target: (p + 7) % n, weight: 1n });
  }
  const ours = rank(links, { mix: DIFFUSION_ONLY, tolerance: 1e-14 });
  const theirs = libraryPagerank(axonsOf(links));
  assert.ok(distance(ours.focus, theirs) < L1_ERROR_MAX);
});

Deno.test("reference: a wrong damping would be noticed", () => {
  const links = randomLinks(3, 40, 120);
  const ours = rank(links, { mix: DIFFUSION_ONLY, prior: "degree" });
  const theirs = libraryPagerank(axonsOf(links));
  assert.ok(distance(ours.focus, theirs) > 1e-3);
});

Deno.test("reference: heat from a uniform start on a star", () => {
  const links = [1, 2, 3, 4].map((leaf) => ({
    origin: leaf,
    target: 0,
    weight: 1n,
  }));
  const { focus } = rank(links, { mix: [0, 0, 1], roundsMax: 1 });
  const hub = 0.5 + Math.exp(-2) * (1 / 5 - 0.5);
  assert.ok(Math.abs(focus[0]! - hub) < 1e-14);
  assert.ok(Math.abs(sum(focus) - 1) < 1e-14);
});

Deno.test("reference: focus is a distribution, all positive", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const links = randomLinks(seed, 60, 150);
    const { focus, particles, syntropy } = rank(links);
    const touched = new Set(links.flatMap((l) => [l.origin, l.target]));
    assert.equal(particles, touched.size, `seed ${seed}`);
    for (const number of touched) assert.ok(focus[number]! > 0, `seed ${seed}`);
    assert.ok(Math.abs(sum(focus) - 1) < 1e-12, `seed ${seed}`);
    assert.ok(syntropy >= 0 && syntropy <= Math.log(particles));
  }
});

Deno.test("reference: links without weight share evenly", () => {
  const links = [
    { origin: 4, target: 9, weight: 0n },
    { origin: 2, target: 2, weight: 5n },
    { origin: 9, target: 4, weight: -3n },
  ];
  const { focus, particles } = rank(links);
  assert.equal(particles, 3);
  for (const number of [2, 4, 9]) {
    assert.ok(Math.abs(focus[number]! - 1 / 3) < 1e-15);
  }
});
