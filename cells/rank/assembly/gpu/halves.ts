/** A value as two f32 that add up to it within 2^-48 of it. */

@inline
export function highOf(value: f64): f32 {
  return <f32>value;
}

@inline
export function lowOf(value: f64): f32 {
  return <f32>(value - <f64><f32>value);
}
