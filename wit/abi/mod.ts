/**
 * The canonical ABI for TypeScript: what generated bindings stand on and what the kernel supplies to them.
 */
export type {
  CoreFunction,
  CoreInstance,
  FunctionInfo,
  InterfaceBinding,
} from "./binding.ts";
export { AbiFault } from "./fault.ts";
export { LIFTED_OCTETS_MAX } from "./limits.ts";
export { ResourceTables } from "./resources.ts";
export { type Contracts, decodeWorld, difference } from "../decode/world.ts";
export { Malformed } from "../decode/reader.ts";
