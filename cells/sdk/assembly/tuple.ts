/**
 * `tuple<…>`: values side by side, as fields `_0`, `_1` and so on.
 */

export class Tuple1<T0> {
  constructor(
    public _0: T0,
  ) {}
}

export class Tuple2<T0, T1> {
  constructor(
    public _0: T0,
    public _1: T1,
  ) {}
}

export class Tuple3<T0, T1, T2> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
  ) {}
}

export class Tuple4<T0, T1, T2, T3> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
  ) {}
}

export class Tuple5<T0, T1, T2, T3, T4> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
  ) {}
}

export class Tuple6<T0, T1, T2, T3, T4, T5> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
  ) {}
}

export class Tuple7<T0, T1, T2, T3, T4, T5, T6> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
  ) {}
}

export class Tuple8<T0, T1, T2, T3, T4, T5, T6, T7> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
  ) {}
}

export class Tuple9<T0, T1, T2, T3, T4, T5, T6, T7, T8> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
  ) {}
}

export class Tuple10<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
  ) {}
}

export class Tuple11<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
  ) {}
}

export class Tuple12<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
    public _11: T11,
  ) {}
}

export class Tuple13<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
    public _11: T11,
    public _12: T12,
  ) {}
}

export class Tuple14<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
    public _11: T11,
    public _12: T12,
    public _13: T13,
  ) {}
}

export class Tuple15<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
    public _11: T11,
    public _12: T12,
    public _13: T13,
    public _14: T14,
  ) {}
}

export class Tuple16<T0, T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15> {
  constructor(
    public _0: T0,
    public _1: T1,
    public _2: T2,
    public _3: T3,
    public _4: T4,
    public _5: T5,
    public _6: T6,
    public _7: T7,
    public _8: T8,
    public _9: T9,
    public _10: T10,
    public _11: T11,
    public _12: T12,
    public _13: T13,
    public _14: T14,
    public _15: T15,
  ) {}
}
