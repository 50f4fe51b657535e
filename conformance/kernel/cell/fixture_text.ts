/**
 * The core module of the fixture cells, as text.
 *
 * One program with a table of knobs decides at run time how each function
 * behaves; the table lies behind `MARK` in the component, so that a variant is
 * the same component with other octets in it.
 */

/** Stands before the knobs in memory. */
export const MARK = "knobs of fixture";

/** Knobs, each an i32, in the order of the table. */
export const KNOBS = [
  "start",
  "health",
  "snapshot",
  "migrate",
  "stop",
  "step",
  /** State version that it writes and takes. */
  "version",
  /** Steps that still answer `more`. */
  "more",
  /** Nothing: makes another component of the same program. */
  "label",
  /** Entries of eight octets in the state; each is checked when it starts. */
  "entries",
  /** Of an heir; its pieces of following are as many as `more`. */
  "follow",
  "succeed",
  /** Times that it still says `starting` when its health is asked. */
  "restores",
] as const;

/** Counters, each an i32, in the order of the table. */
export const COUNTERS = [
  "total",
  "steps",
  "asks",
  "migratedFrom",
  /** Steps that ended because `should-yield` said so. */
  "yields",
  "follows",
  "successions",
] as const;

const MARK_AT = 64;
const KNOBS_AT = MARK_AT + MARK.length;
const COUNTERS_AT = 256;
const TEXTS_AT = 512;
const HEAP_AT = 4_096;
/** Of a loop that takes tens of milliseconds. */
const LONG_ROUNDS = 50_000_000;
/** Where results lie. */
const OUT = 1_024;
const PAGE = 65_536;
/** What an entry of the state is its number times of. */
const ENTRY = "0x9e3779b97f4a7c15";

const knob = (name: typeof KNOBS[number]) =>
  `(i32.load (i32.const ${KNOBS_AT + 4 * KNOBS.indexOf(name)}))`;
const counterAt = (name: typeof COUNTERS[number]) =>
  `(i32.const ${COUNTERS_AT + 4 * COUNTERS.indexOf(name)})`;
const counter = (name: typeof COUNTERS[number]) =>
  `(i32.load ${counterAt(name)})`;
const count = (name: typeof COUNTERS[number]) =>
  `(i32.store ${counterAt(name)} (i32.add ${counter(name)} (i32.const 1)))`;

const TEXTS = ["by order", "start", "stop", "said", "step"] as const;
const textAt = (text: typeof TEXTS[number]) =>
  TEXTS_AT + 16 * TEXTS.indexOf(text);
const text = (of: typeof TEXTS[number]) =>
  `(i32.const ${textAt(of)}) (i32.const ${of.length})`;
const say = (of: typeof TEXTS[number]) =>
  `(call $log (i32.const 1) ${text(of)})`;

const named = (contract: string, name: string) =>
  `(export "karyon:${contract}@0.1.0#${name}")`;
const lifecycle = (name: string) => named("kernel/lifecycle", name);

/** Stores `tag` and a text, as a variant with the tag at `at`. */
const putText = (at: number, tag: string) =>
  `(i32.store (i32.const ${at}) ${tag})
   (i32.store (i32.const ${at + 4}) (i32.const ${textAt("by order")}))
   (i32.store (i32.const ${at + 8}) (i32.const 8))`;
const OUT_IS = `(i32.const ${OUT})`;

/** Progress by the knob `more`, which it counts down. */
const MORE_OR_IDLE = `(if ${knob("more")} (then
      (i32.store (i32.const ${KNOBS_AT + 4 * KNOBS.indexOf("more")})
        (i32.sub ${knob("more")} (i32.const 1)))
      (i32.store ${OUT_IS} (i32.const 0))
      (return ${OUT_IS})))
    (i32.store ${OUT_IS} (i32.const 1))
    (i32.store (i32.const ${OUT + 4}) (i32.const 60000))
    ${OUT_IS}`;

/** `middle` imports what it also exports; `leaf` does not; `heir` is one that succeeds. */
export function fixtureText(world: "leaf" | "middle" | "heir"): string {
  const isMiddle = world === "middle";
  return `(module
  (import "karyon:kernel/log@0.1.0" "write"
    (func $log (param i32 i32 i32)))
  (import "karyon:kernel/scheduling@0.1.0" "should-yield"
    (func $should_yield (result i32)))
  ${
    isMiddle
      ? `(import "karyon:fixture/careful@0.1.0" "ask"
    (func $ask (param i32 i32)))
  (import "karyon:fixture/blunt@0.1.0" "tell"
    (func $tell (param i32) (result i32)))`
      : `(func $ask (param i32 i32) unreachable)
  (func $tell (param i32) (result i32) unreachable)`
  }
  (memory (export "memory") 1)
  (data (i32.const ${MARK_AT}) "${MARK}${"\\00".repeat(4 * KNOBS.length)}")
  ${TEXTS.map((of) => `(data (i32.const ${textAt(of)}) "${of}")`).join("\n  ")}
  (global $heap (mut i32) (i32.const ${HEAP_AT}))
  ;; The total and the entries behind it, once they are there.
  (global $state (mut i32) (i32.const 0))
  (func $realloc (export "cabi_realloc")
    (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (br_if $fits (i32.le_u (global.get $heap)
        (i32.mul (memory.size) (i32.const ${PAGE}))))
      (drop (memory.grow (i32.add (i32.const 1)
        (i32.div_u (local.get $size) (i32.const ${PAGE}))))))
    (local.get $at))
  ;; 1 traps, 2 never ends, 8 and 9 take tens of milliseconds; everything else
  ;; is the caller's business.
  (func $do (param $what i32) (local $left i32)
    (if (i32.eq (i32.or (local.get $what) (i32.const 1)) (i32.const 9)) (then
      (local.set $left (i32.const ${LONG_ROUNDS}))
      (loop $on
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $on (local.get $left)))))
    (if (i32.eq (local.get $what) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $what) (i32.const 2))
      (then (loop $again (br $again)))))
  ${stateText()}
  ${lifecycleText(isMiddle)}
  ${backgroundText()}
  ${world === "heir" ? successionText() : ""}
  ${workText()})`;
}

/** A state of many entries: written once, handed over and checked whole. */
function stateText(): string {
  const length = `(i32.add (i32.const 8)
      (i32.mul ${knob("entries")} (i32.const 8)))`;
  const each = (job: string) =>
    `(block $done (loop $next
      (br_if $done (i32.ge_u (local.get $at) ${knob("entries")}))
      (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (local.set $place (i32.add (local.get $place) (i32.const 8)))
      (local.set $entry
        (i64.mul (i64.extend_i32_u (local.get $at)) (i64.const ${ENTRY})))
      ${job}
      (br $next)))`;
  const locals = `(local $at i32) (local $place i32) (local $entry i64)`;
  return `
  (func $write_state (result i32) ${locals}
    (if (i32.eqz (global.get $state)) (then
      (global.set $state
        (call $realloc (i32.const 0) (i32.const 0) (i32.const 8) ${length}))
      (local.set $place (global.get $state))
      ${each(`(i64.store (local.get $place) (local.get $entry))`)}))
    (i32.store (global.get $state) ${counter("total")})
    (global.get $state))
  (func $check_state (param $octets i32) (param $length i32) ${locals}
    (if (i32.ne (local.get $length) ${length}) (then unreachable))
    (local.set $place (local.get $octets))
    ${
    each(`(if (i64.ne (i64.load (local.get $place)) (local.get $entry))
        (then unreachable))`)
  }
    (global.set $state (local.get $octets)))
  (func $state_length (result i32) ${length})`;
}

function lifecycleText(isMiddle: boolean): string {
  const refuse = (order: number, tag: number) =>
    `(if (i32.eq ${knob("start")} (i32.const ${order})) (then
      (i32.store ${OUT_IS} (i32.const 1))
      ${putText(OUT + 4, `(i32.const ${tag})`)}
      (return ${OUT_IS})))`;
  const octets = (name: string) =>
    `(if (i32.eq ${name} (i32.const 3)) (then
      ${putText(OUT, "(i32.const 1)")}
      (return ${OUT_IS})))`;
  return `
  (func ${lifecycle("start")}
    (param $entries i32) (param $count i32)
    (param $some i32) (param $version i32) (param $octets i32)
    (param $length i32) (result i32)
    ${say("start")}
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $count)))
      (call $log (i32.const 1)
        (i32.load offset=8 (local.get $entries))
        (i32.load offset=12 (local.get $entries)))
      (local.set $entries (i32.add (local.get $entries) (i32.const 16)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br $next)))
    (call $do ${knob("start")})
    ${refuse(3, 0)} ${refuse(5, 2)}
    (if (i32.eq ${knob("start")} (i32.const 6))
      (then (drop (call $tell (i32.const 0)))))
    (if (local.get $some) (then
      ${refuse(4, 1)}
      (if (i32.eq ${knob("start")} (i32.const 7)) (then unreachable))
      (if (i32.ne (local.get $version) ${knob("version")}) (then unreachable))
      (if ${knob("entries")} (then
        (call $check_state (local.get $octets) (local.get $length))))
      (i32.store ${counterAt("total")} (i32.load (local.get $octets)))))
    (i32.store ${OUT_IS} (i32.const 0))
    ${OUT_IS})
  (func ${lifecycle("health")} (result i32)
    (call $do ${knob("health")})
    ${
    putText(
      OUT,
      // Knob 0 is `ok`, the second case; 3, 4 and 5 are the others.
      `(i32.const 1)`,
    )
  }
    (if (i32.eq ${knob("health")} (i32.const 3))
      (then (i32.store ${OUT_IS} (i32.const 0))))
    (if (i32.ge_u ${knob("restores")} (i32.const 1)) (then
      (i32.store (i32.const ${KNOBS_AT + 4 * KNOBS.indexOf("restores")})
        (i32.sub ${knob("restores")} (i32.const 1)))
      (i32.store ${OUT_IS} (i32.const 0))
      (return ${OUT_IS})))
    (if (i32.ge_u ${knob("health")} (i32.const 4))
      (then (i32.store ${OUT_IS}
        (i32.sub ${knob("health")} (i32.const 2)))))
    ${OUT_IS})
  (func ${lifecycle("state-version")} (result i32) ${knob("version")})
  (func ${lifecycle("snapshot")} (result i32)
    (call $do ${knob("snapshot")})
    ${octets(knob("snapshot"))}
    (i32.store ${OUT_IS} (i32.const 0))
    (i32.store (i32.const ${OUT + 4}) ${counterAt("total")})
    (i32.store (i32.const ${OUT + 8}) (i32.const 4))
    (if ${knob("entries")} (then
      (i32.store (i32.const ${OUT + 4}) (call $write_state))
      (i32.store (i32.const ${OUT + 8}) (call $state_length))))
    ${OUT_IS})
  (func ${lifecycle("migrate")}
    (param $version i32) (param $octets i32) (param $length i32) (result i32)
    (call $do ${knob("migrate")})
    ${octets(knob("migrate"))}
    (i32.store ${counterAt("migratedFrom")} (local.get $version))
    ;; The newer layout counts in thousands.
    (i32.store (local.get $octets)
      (i32.mul (i32.load (local.get $octets)) (i32.const 1000)))
    (i32.store ${OUT_IS} (i32.const 0))
    (i32.store (i32.const ${OUT + 4}) (local.get $octets))
    (i32.store (i32.const ${OUT + 8}) (local.get $length))
    ${OUT_IS})
  (func ${lifecycle("stop")}
    ${say("stop")}
    (call $do ${knob("stop")})
    ${isMiddle ? "(call $ask (i32.const 0) (i32.const 2048))" : ""})`;
}

function backgroundText(): string {
  return `
  (func ${named("kernel/background", "step")} (result i32)
    ${count("steps")}
    (call $do ${knob("step")})
    (if (i32.eq ${knob("step")} (i32.const 5)) (then
      ${say("step")}
      (i32.store ${OUT_IS} (i32.const 1))
      (i32.store (i32.const ${OUT + 4}) (i32.const 5))
      (return ${OUT_IS})))
    (if (i32.or (i32.eq ${knob("step")} (i32.const 4))
        (i32.eq ${knob("step")} (i32.const 9))) (then
      (block $done (loop $more
        ${count("asks")}
        (br_if $done (call $should_yield))
        (br $more)))
      ${count("yields")}
      ${say("step")}))
    ${MORE_OR_IDLE})`;
}

function successionText(): string {
  return `
  (func ${named("kernel/succession", "follow")} (result i32)
    ${count("follows")}
    (call $do ${knob("follow")})
    ${MORE_OR_IDLE})
  (func ${named("kernel/succession", "succeed")} (result i32)
    ${count("successions")}
    (call $do ${knob("succeed")})
    (i32.store ${OUT_IS} (i32.const 0))
    (if (i32.eq ${knob("succeed")} (i32.const 3)) (then
      ${putText(OUT, "(i32.const 1)")}))
    ${OUT_IS})`;
}

function workText(): string {
  return `
  ;; 9 and 10: add one; over 9000: so many lines; over 2000: tells on; over 1000: asks
  ;; on.
  (func $act ${named("fixture/tally", "act")} (param $what i32) (result i32)
    (call $do (local.get $what))
    (if (i32.eq (i32.and (local.get $what) (i32.const -4)) (i32.const 8)) (then
      (if (i32.ne (local.get $what) (i32.const 8)) (then ${count("total")}))))
    (if (i32.eq (local.get $what) (i32.const 3))
      (then (return (call $act (i32.const 3)))))
    (if (i32.gt_u (local.get $what) (i32.const 9000)) (then
      (loop $line
        ${say("said")}
        (local.set $what (i32.sub (local.get $what) (i32.const 1)))
        (br_if $line (i32.gt_u (local.get $what) (i32.const 9000))))
      (return (i32.const 0))))
    (if (i32.ge_u (local.get $what) (i32.const 2000)) (then
      (return (call $tell (i32.sub (local.get $what) (i32.const 2000))))))
    (if (i32.ge_u (local.get $what) (i32.const 1000)) (then
      (call $ask (i32.sub (local.get $what) (i32.const 1000)) (i32.const 2048))
      (return (if (result i32) (i32.load8_u (i32.const 2048))
        (then (i32.sub (i32.const -1) (i32.load8_u (i32.const 2052))))
        (else (i32.load (i32.const 2052)))))))
    ${counter("total")})
  (func ${named("fixture/tally", "add")} (param i32) (result i32)
    (i32.store ${counterAt("total")}
      (i32.add ${counter("total")} (local.get 0)))
    ${counter("total")})
  (func ${named("fixture/tally", "turn")} (param i32 i32)
    (i32.store offset=${KNOBS_AT} (i32.mul (local.get 0) (i32.const 4))
      (local.get 1)))
  (func ${named("fixture/tally", "peek")} (param i32) (result i32)
    (i32.load offset=${COUNTERS_AT} (i32.mul (local.get 0) (i32.const 4))))
  (func ${named("fixture/careful", "ask")} (param i32) (result i32)
    (i32.store (i32.const ${OUT + 4}) (call $act (local.get 0)))
    (i32.store8 ${OUT_IS} (i32.const 0))
    ${OUT_IS})
  (func ${named("fixture/blunt", "tell")} (param i32) (result i32)
    (call $act (local.get 0)))`;
}
