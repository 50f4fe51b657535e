/**
 * Why a component was not compiled, in a form that crosses threads.
 *
 * Light on purpose: the compiler's thread loads it, and nothing of Effect.
 */
export type ComponentRefusalKind = "malformed" | "unsupported" | "too-large";

export class ComponentRefusal extends Error {
  readonly kind: ComponentRefusalKind;

  constructor(kind: ComponentRefusalKind, message: string) {
    super(message);
    this.name = "ComponentRefusal";
    this.kind = kind;
  }
}
