/**
 * Programs that do not end, one of each form that code can take.
 *
 * Each exports `f`, which takes one number. With `endless` it runs practically
 * for ever (2^60 steps), with `ends` it is the control and comes back. None ends
 * by a full stack. A form may import `e.back`, which calls `f` again.
 *
 * Deliberately absent: how they are run (endless_forms_test.ts).
 */

export interface Form {
  readonly text: string;
  readonly endless: number;
  readonly ends: number;
}

const LESS = "(i32.sub (local.get $n) (i32.const 1))";
const HOST = '(import "e" "back" (func $back (param i32)))';

/** `f` calls itself twice, each time with one less, in the given way. */
function tree(call: string, before = "", head = ""): Form {
  return {
    text: `${head}(func $f (export "f") (param $n i32)
      (if (i32.eqz (local.get $n)) (then (return)))
      ${before} ${call} ${call})`,
    endless: 60,
    ends: 8,
  };
}

/** One function with a loop in the middle; local `$n` is its parameter. */
function loop(body: string, locals = "", ends = 5): Form {
  return {
    text: `(func (export "f") (param $n i32) ${locals} ${body})`,
    endless: 0,
    ends,
  };
}

/** Functions without any loop or recursion, each calling the next `times`. */
function levels(count: number, times: number): string {
  return Array.from({ length: count }, (_, level) => {
    const call = `(call $l${level + 1})`.repeat(times);
    return `(func $l${level} ${call})`;
  }).join("\n") + `(func $l${count})`;
}

/** The control enters the ladder a few steps above the ground. */
function ladder(count: number, times: number, low: number): Form {
  return {
    text: `${levels(count, times)} (func (export "f") (param $n i32)
      (if (local.get $n) (then (call $l${low})) (else (call $l0))))`,
    endless: 0,
    ends: 1,
  };
}

const CALLS: Readonly<Record<string, Form>> = {
  "a function that calls itself": tree(`(call $f ${LESS})`),
  "calls that are skipped on some ways": tree(
    `(call $f ${LESS})`,
    `(if (i32.and (local.get $n) (i32.const 1))
       (then (call $f ${LESS}) (return)))
     (block $x (br_if $x (local.get $n)) (call $f ${LESS}))
     (block $y (br_table $y $y (local.get $n)))`,
  ),
  "functions that call each other": tree(
    `(call $g (local.get $n))`,
    "",
    `(func $g (param $n i32) (call $h (local.get $n)))
     (func $h (param $n i32) (if (local.get $n) (then (call $f ${LESS}))))`,
  ),
  "calls through a table": tree(
    `(call_indirect (param i32) ${LESS} (i32.const 0))`,
    "",
    "(table 1 funcref) (elem (i32.const 0) $f)",
  ),
  "calls through a reference": tree(
    `(call_ref $t ${LESS} (global.get $r))`,
    "",
    `(type $t (func (param i32)))
     (global $r (ref null $t) (ref.func $f)) (elem declare func $f)`,
  ),
  "calls through an import that calls an export": tree(
    `(call $back ${LESS})`,
    "",
    HOST,
  ),
  "a small function between": tree(
    `(call $small) (call $f ${LESS})`,
    "",
    "(func $small (call $less)) (func $less (nop))",
  ),
  "a deep tree of functions without loops": ladder(60, 2, 50),
  "a wide tree of functions without loops": ladder(6, 1_000, 5),
  "a tree that is caught in": tree(
    `(block $out (try_table (catch_all $out) (call $f ${LESS}) (throw $e)))`,
    "",
    "(tag $e)",
  ),
};

const TAILS: Readonly<Record<string, Form>> = {
  "a tail call of itself": {
    text: `(func $f (export "f") (param $n i32)
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return)))
      (return_call $f (local.get $n)))`,
    endless: 0,
    ends: 1,
  },
  "a circle of tail calls": {
    text: `(func $f (export "f") (param $n i32)
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return)))
      (return_call $g (local.get $n)))
    (func $g (param i32) (return_call $h (local.get 0)))
    (func $h (param i32) (return_call $f (local.get 0)) unreachable)`,
    endless: 0,
    ends: 1,
  },
  "tail calls through a table": {
    text: `(table 1 funcref) (elem (i32.const 0) $f)
    (func $f (export "f") (param $n i32)
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return)))
      (return_call_indirect (param i32) (local.get $n) (i32.const 0)))`,
    endless: 0,
    ends: 1,
  },
  "tail calls through a reference": {
    text: `(type $t (func (param i32)))
    (global $r (ref null $t) (ref.func $f)) (elem declare func $f)
    (func $f (export "f") (param $n i32)
      (if (i32.eq (local.get $n) (i32.const 1)) (then (return)))
      (return_call_ref $t (local.get $n) (global.get $r)))`,
    endless: 0,
    ends: 1,
  },
  "calls and tail calls by turns": tree(
    `(call $g ${LESS})`,
    "",
    `(func $g (param $n i32) (return_call $f (local.get $n)) unreachable)`,
  ),
};

const BACK = "(br_if $l (i32.eqz (local.get $n)))";

const LOOPS: Readonly<Record<string, Form>> = {
  "a loop": loop(`(loop $l ${BACK})`),
  "a loop whose counter is set back in its body": loop(
    `(loop $l
       (local.set $i (i32.add (local.get $i) (i32.const 1)))
       (if (i32.eqz (local.get $n)) (then (local.set $i (i32.const 0))))
       (br_if $l (i32.lt_u (local.get $i) (i32.const 10))))`,
    "(local $i i32)",
  ),
  "a loop whose counter never meets its bound": loop(
    `(loop $l
       (local.set $i (i32.add (local.get $i) (i32.const 2)))
       (br_if $l (i32.ne (local.get $i) (i32.add (i32.const 9)
         (local.get $n)))))`,
    "(local $i i32)",
  ),
  "a loop whose counter wraps before its bound": loop(
    `(loop $l
       (local.set $i (i32.add (local.get $i)
         (i32.sub (i32.const 0x10000) (local.get $n))))
       (br_if $l (i32.lt_u (local.get $i) (i32.const 0xffffffff)))
       (br_if $l (i32.eqz (local.get $n))))`,
    "(local $i i32)",
    0x1_0001,
  ),
  "a loop in a loop that sets its counter back": loop(
    `(loop $l (local.set $i (i32.const 0))
       (loop $k
         (local.set $i (i32.add (local.get $i) (i32.const 1)))
         (br_if $k (i32.lt_u (local.get $i) (i32.const 3))))
       ${BACK})`,
    "(local $i i32)",
  ),
  "an inner loop that goes on with the outer one": loop(
    `(loop $l (loop $k ${BACK}))`,
  ),
  "a loop that a table of labels goes back to": loop(
    `(block $out (loop $l (loop $k
       (br_table $l $k $l $k $l $out (local.get $n)))))`,
  ),
  "the second of two loops": loop(
    `(loop $k (br_if $k (i32.const 0))) (loop $l ${BACK})`,
  ),
  "a loop that is entered again and again": {
    text: `(func $g (param $n i32) (local $i i32)
      (loop $k (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $k (i32.lt_u (local.get $i) (i32.const 2)))))
    (func (export "f") (param $n i32)
      (loop $l (call $g (local.get $n)) ${BACK}))`,
    endless: 0,
    ends: 5,
  },
  "a loop behind a way back that is not taken": loop(
    `(loop $l (if (local.get $n) (then (return))) (br $l))`,
  ),
};

export const FORMS: Readonly<Record<string, Form>> = {
  ...CALLS,
  ...TAILS,
  ...LOOPS,
};
