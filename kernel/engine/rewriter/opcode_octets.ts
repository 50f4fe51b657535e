/** Octets of the instructions that the rewriter writes itself. */
export const OP = {
  unreachable: 0x00,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  globalGet: 0x23,
  globalSet: 0x24,
  i32Store: 0x36,
  i32Const: 0x41,
  i64Const: 0x42,
  i32LeS: 0x4c,
  i32LtU: 0x49,
  i64LtU: 0x54,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i64Sub: 0x7d,
  i64Mul: 0x7e,
  i64ShrU: 0x88,
  i64ExtendI32U: 0xad,
  atomic: 0xfe,
  i32AtomicLoad: 0x10,
  emptyBlock: 0x40,
} as const;

export const TYPE = { i32: 0x7f, i64: 0x7e, function: 0x60 } as const;
