/** What a simulated node keeps of a particle and of a link. */

export interface Particle {
  readonly cid: string;
  content: Uint8Array | undefined;
  readonly ends: { in: number[]; out: number[] };
  axon?: { readonly from: string; readonly to: string };
}

export interface StoredLink {
  readonly from: string;
  readonly to: string;
  readonly axon: string;
  readonly token: string;
  readonly amount: number;
  readonly valence: number;
  readonly height: number;
}
