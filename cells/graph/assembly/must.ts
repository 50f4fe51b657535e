/** Checks a claim about this program when it starts; a trap is a bug here. */
// @ts-ignore: decorator
@inline
export function must(claim: bool): void {
  assert(claim, "a claim about the graph cell's limits does not hold");
}
