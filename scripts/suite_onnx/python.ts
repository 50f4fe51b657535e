/**
 * Has the onnx package write its cases, by whichever Python has the package.
 *
 * They are written once, and again when the generator changed.
 */
const PYTHONS = ["python3", "/usr/bin/python3"] as const;

/** What the program has to tell whoever started it. */
export class NoCases extends Error {
  override readonly name = "NoCases";
}

export async function makeCases(
  { generator, folder, again }: {
    readonly generator: string;
    readonly folder: string;
    /** Also where they are there. */
    readonly again: boolean;
  },
): Promise<void> {
  const text = Deno.readTextFileSync(generator);
  const mark = `${folder}/generator.py`;
  if (!again && textOf(mark) === text) return;
  try {
    Deno.removeSync(folder, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(folder, { recursive: true });
  const python = await pythonWithOnnx();
  const { success, stderr } = await new Deno.Command(python, {
    args: [generator, folder],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) {
    const told = new TextDecoder().decode(stderr).trim();
    throw new NoCases(`${python} ${generator} failed:\n${told}`);
  }
  Deno.writeTextFileSync(mark, text);
}

async function pythonWithOnnx(): Promise<string> {
  for (const python of PYTHONS) {
    try {
      const { success } = await new Deno.Command(python, {
        args: ["-c", "import onnx.backend.test.case"],
        stdout: "null",
        stderr: "null",
      }).output();
      if (success) return python;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  throw new NoCases(
    `none of ${PYTHONS.join(", ")} has the onnx package; ` +
      "apt-get install python3-onnx",
  );
}

function textOf(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
