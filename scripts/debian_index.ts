/**
 * Gets a real Debian `Packages` index into build/debian/Packages.
 *
 *   deno task debian:index [--force]
 *
 * Takes the index of the main archive that apt has on this machine; where it
 * has none, `apt-get update` is run first. The test of the package graph
 * (node/packages_test.ts) and the benchmarks use it; without it they say so.
 */
const TARGET = "build/debian/Packages";

async function run(program: string, args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, {
    args,
    stdout: "piped",
    stderr: "piped",
  }).output();
  const decoder = new TextDecoder();
  if (!success) {
    throw new Error(
      `${program} ${args.join(" ")}: ${decoder.decode(stderr).trim()}`,
    );
  }
  return decoder.decode(stdout);
}

/** The largest index is the main archive's. */
async function largestIndex(): Promise<string | undefined> {
  const listed = await run("apt-get", [
    "indextargets",
    "--format",
    "$(FILENAME)",
    "Created-By: Packages",
  ]);
  return listed.split("\n")
    .filter((path) => path !== "" && exists(path))
    .sort((a, b) => Deno.statSync(b).size - Deno.statSync(a).size)[0];
}

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

if (import.meta.main) {
  if (exists(TARGET) && !Deno.args.includes("--force")) {
    console.log(`${TARGET} is there; --force takes it anew`);
    Deno.exit(0);
  }
  try {
    let index = await largestIndex();
    if (index === undefined) {
      console.log("no index on this machine; running apt-get update");
      await run("apt-get", ["update"]);
      index = await largestIndex();
    }
    if (index === undefined) throw new Error("apt has no Packages index");
    const text = await run("/usr/lib/apt/apt-helper", ["cat-file", index]);
    Deno.mkdirSync("build/debian", { recursive: true });
    Deno.writeTextFileSync(TARGET, text);
    const count = text.split("\nPackage: ").length;
    console.log(`${TARGET}: ${count} packages`);
  } catch (error) {
    console.error(
      `no Debian index: ${error instanceof Error ? error.message : error}`,
    );
    Deno.exit(1);
  }
}
