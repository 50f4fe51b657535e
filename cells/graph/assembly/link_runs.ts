/**
 * Links of a particle or a neuron up to a height, from the newest back.
 *
 * The record only grows and a link's height never falls, so what was there at
 * a height is a beginning of the record.
 */
import {
  HEAD_IN,
  HEAD_OUT,
  heightOf,
  LAST_HEIGHT,
  links,
  linksUpTo,
  neurons,
  OLDER_IN,
  OLDER_OUT,
  particles,
  signers,
} from "./tables";

/** The newest link + 1 at one side of a particle; 0 for none. */
// @ts-ignore: decorator
@inline
export function newestAt(particle: u32, out: bool): u32 {
  return load<u32>(particles.at(particle) + (out ? HEAD_OUT : HEAD_IN));
}

/** The next older link + 1 at the same side; 0 for none. */
// @ts-ignore: decorator
@inline
export function olderAt(link: u32, out: bool): u32 {
  return load<u32>(links.at(link - 1) + (out ? OLDER_OUT : OLDER_IN));
}

/** Rows that `ofNeuron` may still look at. */
export let looksLeft: u32 = 0;

export function allowLooks(looks: u32): void {
  looksLeft = looks;
}

/**
 * The newest link + 1 of the neuron among the first `end` of the record, 0 for
 * none. Where `looksLeft` is used up it may be one of somebody else: ask again.
 */
export function ofNeuron(neuron: u32, end: u32): u32 {
  while (end > 0) {
    let height = heightOf(end - 1);
    if (load<u32>(signers.at(height - 1)) == neuron) return end;
    height = min(height - 1, load<u32>(neurons.at(neuron), LAST_HEIGHT));
    while (height > 0 && load<u32>(signers.at(height - 1)) != neuron) {
      if (looksLeft == 0) return linksUpTo(height);
      looksLeft--;
      height--;
    }
    end = linksUpTo(height);
    if (looksLeft == 0) return end;
    looksLeft--;
  }
  return 0;
}

/** Whether the link, by its index + 1, was made by the neuron. */
// @ts-ignore: decorator
@inline
export function isOf(neuron: u32, link: u32): bool {
  const height = heightOf(link - 1);
  return load<u32>(signers.at(height - 1)) == neuron;
}
