/**
 * Space that one call works in and the next one uses again.
 *
 * Each buffer belongs to one purpose at a time, named here. `shrink` gives back
 * what an unusually large call has left.
 */
import { Buffer } from "../../sdk/assembly/buffer";
import { shrinkJournal } from "./accounts";
import { SCRATCH_OCTETS_KEPT } from "./limits";

/** Numbers of the links that are staged, `STAGED_OCTETS` a link. */
export const stagedLinks = new Buffer();
/** Contents that come with an append, `ITEM_OCTETS` each. */
export const stagedContents = new Buffer();
/** Digests that are being computed. */
export const digests = new Buffer();
/** A draft's links, and its distinct texts with their table. */
export const draftLinks = new Buffer();
export const draftTexts = new Buffer();
export const draftTable = new Buffer();

export function shrinkScratch(): void {
  shrinkJournal(SCRATCH_OCTETS_KEPT);
  stagedLinks.shrink(SCRATCH_OCTETS_KEPT);
  stagedContents.shrink(SCRATCH_OCTETS_KEPT);
  digests.shrink(SCRATCH_OCTETS_KEPT);
  draftLinks.shrink(SCRATCH_OCTETS_KEPT);
  draftTexts.shrink(SCRATCH_OCTETS_KEPT);
  draftTable.shrink(SCRATCH_OCTETS_KEPT);
}
