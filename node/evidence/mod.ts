export {
  decodePair,
  encodePair,
  evidenceId,
  NoEvidence,
  type Pair,
  PAIR_OCTETS_MAX,
  type Shown,
  showsEquivocation,
} from "./pair.ts";
export {
  type EvidenceStore,
  type Kept,
  openEvidence,
  PAIRS_MAX,
  PAIRS_OCTETS_MAX,
  PAIRS_OF_NEURON_MAX,
} from "./store.ts";
