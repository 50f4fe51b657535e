/**
 * Which device contracts a component exports, read from its octets alone.
 *
 * Only the export sections of the component itself are read (Component Model,
 * Binary.md); nothing is compiled. What cannot be read is told, so that whoever
 * asks can refuse it: no component hides an export by being odd.
 */
import { decodeWith, type Malformed, type Reader } from "../crypto/mod.ts";
import { Result } from "effect";

/** Contracts of drivers, by their names. */
const DEVICE = /^karyon:hal\//;
const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];
const EXPORT_SECTION = 11;
const CORE_SORT = 0;
const LEB_OCTETS_MAX = 5;

/** Names such as `karyon:hal/block@0.1.0`, in their order. */
export function deviceExports(
  component: Uint8Array,
): Result.Result<readonly string[], Malformed> {
  return decodeWith("component", component, (reader) => {
    for (const octet of PREAMBLE) {
      if (reader.u8("preamble") !== octet) reader.fail("no component", 0);
    }
    const names = new Set<string>();
    while (reader.left > 0) {
      const id = reader.u8("section");
      const length = leb(reader);
      if (id !== EXPORT_SECTION) {
        reader.octets(length, "section");
        continue;
      }
      const end = reader.offset + length;
      for (let left = leb(reader); left > 0; left--) names.add(nameOf(reader));
      if (reader.offset !== end) {
        reader.fail("an export section of another size");
      }
    }
    return [...names].filter((name) => DEVICE.test(name)).sort();
  });
}

/** Reads one export whole; its name. */
function nameOf(reader: Reader): string {
  const kindAt = reader.offset;
  if (reader.u8("kind of name") > 1) reader.fail("an unknown name", kindAt);
  const name = reader.text(leb(reader), "name");
  if (reader.u8("sort") === CORE_SORT) reader.u8("core sort");
  leb(reader);
  const typed = reader.u8("type");
  if (typed === 1) readType(reader);
  else if (typed !== 0) reader.fail("an unknown type");
  return name;
}

function readType(reader: Reader): void {
  const at = reader.offset;
  switch (reader.u8("description")) {
    case 0x00:
      reader.u8("core sort");
      leb(reader);
      return;
    case 0x03:
      if (reader.u8("bound") === 0) leb(reader);
      return;
    case 0x01:
    case 0x04:
    case 0x05:
      leb(reader);
      return;
    default:
      // A value: the engine knows none.
      reader.fail("an unknown description", at);
  }
}

function leb(reader: Reader): number {
  const at = reader.offset;
  let value = 0;
  for (let i = 0; i < LEB_OCTETS_MAX; i++) {
    const octet = reader.u8("number");
    value += (octet & 0x7f) * 2 ** (7 * i);
    if (octet < 0x80) return value;
  }
  return reader.fail("a number of more than 32 bits", at);
}
