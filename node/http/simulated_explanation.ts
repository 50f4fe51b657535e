/** What the simulated node says of ranks; in an explanation each link end has an equal part. */
import type {
  Brief,
  Explanation,
  LinkReport,
  Moment,
  PersonalFocus,
  RankStatus,
} from "../api.ts";

export function simulatedStatus(
  height: number,
  particles: number,
  links: number,
): RankStatus {
  return {
    version: height,
    height,
    particles,
    links,
    iterations: 7,
    residual: 1e-11,
    bound: 1e-9,
    syntropy: 0.5,
    age_ms: 12,
    computing: false,
    confirmed: true,
    stale: false,
  };
}

/** Two ranks: half of the focus, then all of it. */
export function simulatedHistory(
  { focus }: Brief,
  height: number,
  limit: number,
): ReadonlyArray<Moment> {
  const at = { version: height, height, links: height, particles: 2 };
  return [
    { ...at, age_ms: 10, focus },
    { ...at, age_ms: 20, focus: focus / 2 },
  ].slice(0, limit);
}

/** All attention stays with the sources. */
export function simulatedPersonal(
  from: ReadonlyArray<Brief>,
  of: Brief | undefined,
  height: number,
  limit: number,
): PersonalFocus {
  const seen = (one: Brief) => ({
    ...one,
    focus: from.some(({ cid }) => cid === one.cid) ? 1 / from.length : 0,
  });
  return {
    from: from.map(seen),
    of: of === undefined ? undefined : seen(of),
    version: height,
    height,
    links: height,
    particles: from.length,
    rounds: 7,
    residual: 1e-11,
    items: from.map(seen).slice(0, limit),
  };
}

export function simulatedExplanation(
  particle: Brief,
  links: ReadonlyArray<LinkReport>,
  limit: number,
  height: number,
): Explanation {
  const part = particle.focus / Math.max(1, links.length);
  const listed = links.slice(0, limit);
  return {
    particle,
    version: height,
    height,
    links: links.length,
    confirmed: true,
    total: particle.focus,
    bound: 1e-10,
    mass: 1,
    particles: 3,
    volume: 4,
    largest: 1,
    dangling: 0.25,
    degree: links.length,
    share: 1,
    prior: 0,
    stuck: 0,
    anchor: 0,
    kept: 0,
    axons: links.length,
    contributions: listed.map((link) => {
      const isInward = link.to.cid === particle.cid;
      return {
        axon: link.axon,
        direction: isInward ? "in" : "out",
        other: isInward ? link.from : link.to,
        weight: link.amount,
        out: 1,
        degree: 2,
        flow: 0.5,
        diffusion: part,
        springs: 0,
        heat: 0,
      };
    }),
    karma: {
      total: particle.focus,
      neurons: [...new Set(listed.map(({ neuron }) => neuron))].map((
        neuron,
      ) => ({ neuron, earned: particle.focus, karma: 0.75 })),
    },
    rest: {
      diffusion: part * (links.length - listed.length),
      springs: 0,
      heat: 0,
    },
  };
}
