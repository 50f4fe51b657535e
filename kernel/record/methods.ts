/** Which methods of a contract's object there are. */
import type { InterfaceBinding } from "../../wit/abi/binding.ts";

/** Those that the binding names, and those that the object has by itself. */
export function methodsOf(
  binding: InterfaceBinding<unknown>,
  object: object,
): readonly string[] {
  const named = binding.functions.map(({ method }) => method);
  return [...new Set([...named, ...Object.keys(object)])];
}
