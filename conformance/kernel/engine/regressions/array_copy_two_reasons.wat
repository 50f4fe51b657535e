;; an instruction with two reasons to trap: engines may name either
(module
  (type $from (array i8))
  (type $to (array (mut i8)))
  (global $to (mut (ref $to)) (array.new_default $to (i32.const 12)))
  (func (export "copy") (param i32)
    (array.copy $to $from
      (global.get $to) (i32.const 0)
      (ref.null $from) (i32.const 0)
      (local.get 0)))
  (func (export "null") (array.copy $to $from
      (global.get $to) (i32.const 0)
      (ref.null $from) (i32.const 0)
      (i32.const 65536))))
