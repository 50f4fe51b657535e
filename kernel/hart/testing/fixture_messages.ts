/** The fixture's contracts as messages: all they carry is u32. */
import type { Message } from "../../../wit/abi/message.ts";
import {
  BLUNT,
  CAREFUL,
  TALLY,
} from "../../../conformance/kernel/cell/fixture_bindings.ts";

const none: Message<unknown> = {
  name: "nothing",
  type: "",
  size: 0,
  align: 1,
  load: () => undefined,
  store: () => {},
};

const u32: Message<unknown> = {
  name: "u32",
  type: "u32",
  size: 4,
  align: 4,
  load: (m, p) => m.view.getUint32(p, true),
  store: (m, p, v) => m.view.setUint32(p, Number(v), true),
};

/** Arguments: so many of them. */
const tuple = (length: number): Message<unknown> => ({
  name: `${length} u32`,
  type: `tuple of ${length} u32`,
  size: 4 * length,
  align: 4,
  load: (m, p) =>
    Array.from({ length }, (_, at) => m.view.getUint32(p + 4 * at, true)),
  store: (m, p, v) =>
    (v as number[]).forEach((one, at) =>
      m.view.setUint32(p + 4 * at, one, true)
    ),
});

const ABSENCES = ["refused", "gone"] as const;
type Asked =
  | { readonly tag: "ok"; readonly val: number }
  | { readonly tag: "err"; readonly val: typeof ABSENCES[number] };

const asked: Message<unknown> = {
  name: "asked",
  type: "result<u32, absence>",
  size: 8,
  align: 4,
  load: (m, p) => {
    const val = m.view.getUint32(p + 4, true);
    return m.view.getUint32(p, true) === 0
      ? { tag: "ok", val }
      : { tag: "err", val: ABSENCES[val] };
  },
  store: (m, p, v) => {
    const { tag, val } = v as Asked;
    m.view.setUint32(p, Number(tag === "err"), true);
    const word = tag === "ok" ? val : ABSENCES.indexOf(val);
    m.view.setUint32(p + 4, word, true);
  },
};

export const fixtureMessages = new Map([
  [TALLY, {
    add: { ask: tuple(1), answer: u32 },
    act: { ask: tuple(1), answer: u32 },
    turn: { ask: tuple(2), answer: none },
    peek: { ask: tuple(1), answer: u32 },
  }],
  [CAREFUL, { ask: { ask: tuple(1), answer: asked } }],
  [BLUNT, { tell: { ask: tuple(1), answer: u32 } }],
]);
