/** A driver's component, as the build made it. */
export function builtDriver(name: string): Uint8Array {
  const url = new URL(
    `../../../../build/cells/${name}.wasm`,
    import.meta.url,
  );
  try {
    return Deno.readFileSync(url);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Error("the driver is not built: deno task build");
  }
}
