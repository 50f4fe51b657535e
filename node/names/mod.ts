export { nameBelow, type NameStep, stepsOf } from "./name.ts";
export {
  type NamePath,
  parsePath,
  PATH_OCTETS_MAX,
  pathText,
  SEGMENT_OCTETS_MAX,
  segmentFault,
  SEGMENTS_MAX,
} from "./path.ts";
