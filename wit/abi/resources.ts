/**
 * Handle tables of one instance: what its `own` and `borrow` numbers stand for.
 */
import { fault } from "./fault.ts";

/** All handles of one instance. */
export class ResourceTables {
}

export { fault };
