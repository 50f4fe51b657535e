/**
 * JavaScript Promise Integration of the platform, typed.
 *
 * Phase 4 of the WebAssembly process; in V8 and SpiderMonkey, not everywhere
 * else (WebAssembly/js-promise-integration).
 */
type AnyFunction = (...args: never[]) => unknown;

export interface Jspi {
  /** An import that suspends its caller while its promise is pending. */
  readonly Suspending: new (host: AnyFunction) => WebAssembly.ImportValue;
  /** Runs an exported function on a stack of its own. */
  readonly promising: (
    exported: AnyFunction,
  ) => (...args: unknown[]) => Promise<unknown>;
}

const platform = WebAssembly as unknown as Partial<Jspi>;

export const jspi: Jspi | undefined =
  platform.Suspending !== undefined && platform.promising !== undefined
    ? { Suspending: platform.Suspending, promising: platform.promising }
    : undefined;

/** Why calls cannot be parked on this platform, if so. */
export const cannotPark: string | undefined = jspi === undefined
  ? "this platform has no JavaScript Promise Integration " +
    "(WebAssembly.Suspending): a soft cell past its budget is not parked, it " +
    "runs on until it yields or is stopped"
  : undefined;
