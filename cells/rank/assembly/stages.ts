/**
 * The stages of the rank cell's machine.
 *
 * `nextStage` in machine.ts has the chain; a full computation goes from PULL to PUBLISH.
 */
export const REST: u32 = 0;
export const PULL: u32 = 1;
export const NODES: u32 = 2;
export const ORDER: u32 = 3;
export const AXONS: u32 = 4;
export const MATRIX: u32 = 5;
export const ITERATE: u32 = 6;
export const PUBLISH: u32 = 7;
export const GROW: u32 = 8;
export const ARRIVE: u32 = 9;
export const GRAFT: u32 = 10;
export const FLOW: u32 = 11;
export const SEAL: u32 = 12;
export const SERVE: u32 = 13;
export const RUN: u32 = 14;
export const EARN: u32 = 15;
export const MODE: u32 = 16;
export const APPROACH: u32 = 17;
