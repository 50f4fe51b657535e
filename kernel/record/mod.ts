/** Record and replay: what the composition root needs. */
export type { Source } from "./chunk.ts";
export { RECORD_OCTETS_MIN } from "./limits.ts";
export { Recorder, type RecorderOptions } from "./recorder.ts";
export { recording } from "./recording.ts";
export { replay, type ReplayOptions } from "./replay.ts";
export type { Difference, LifeReport, ReplayReport } from "./report.ts";
