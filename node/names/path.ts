/**
 * Paths of names: `~NEURON/segment/segment`, in one spelling only.
 *
 * A neuron is 66 digits, or `me` for the node's own. A segment is text in
 * Unicode's form NFC, of 1 to 255 octets, without `/` and without characters
 * that cannot be seen, and does not begin or end with a space; `.` and `..` are
 * none. Nothing is folded, decoded or trimmed: what is not a path is refused,
 * with the reason.
 */
import { Result } from "effect";

export const SEGMENTS_MAX = 32;
export const SEGMENT_OCTETS_MAX = 255;
export const PATH_OCTETS_MAX = 4096;

export interface NamePath {
  /** 66 digits, or `me`. */
  readonly neuron: string;
  readonly segments: ReadonlyArray<string>;
}

const NEURON = /^(me|01[0-9a-f]{64})$/u;
/** Control, format, unassigned, private and half characters, line ends. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}]/u;
const encoder = new TextEncoder();

/** The path, or why it is none. */
export function parsePath(text: string): Result.Result<NamePath, string> {
  if (encoder.encode(text).length > PATH_OCTETS_MAX) {
    return Result.fail(`a path has at most ${PATH_OCTETS_MAX} octets`);
  }
  if (!text.startsWith("~")) {
    return Result.fail("a path begins with ~ and a neuron");
  }
  const [neuron = "", ...segments] = text.slice(1).split("/");
  if (!NEURON.test(neuron)) {
    return Result.fail(
      "behind ~ is a neuron: 01 and 64 lower-case hexadecimal digits, or me",
    );
  }
  if (segments.length > SEGMENTS_MAX) {
    return Result.fail(`a path has at most ${SEGMENTS_MAX} segments`);
  }
  for (const [i, segment] of segments.entries()) {
    const fault = segmentFault(segment);
    if (fault !== undefined) {
      return Result.fail(`segment ${i + 1} of the path ${fault}`);
    }
  }
  return Result.succeed({ neuron, segments });
}

/** Why a text cannot be a segment. */
export function segmentFault(segment: string): string | undefined {
  if (segment === "") return "is empty";
  if (segment === "." || segment === "..") return `is ${segment}`;
  if (!segment.isWellFormed()) return "has half a surrogate pair";
  if (segment.includes("/")) return "has a / in it";
  if (UNSEEN.test(segment)) return "has a character that cannot be seen";
  if (segment.trim() !== segment) return "begins or ends with a space";
  if (segment.normalize("NFC") !== segment) return "is not in Unicode's NFC";
  const { length } = encoder.encode(segment);
  return length > SEGMENT_OCTETS_MAX
    ? `has ${length} octets, at most ${SEGMENT_OCTETS_MAX}`
    : undefined;
}

export function pathText({ neuron, segments }: NamePath): string {
  return [`~${neuron}`, ...segments].join("/");
}
