/**
 * Makes a driver that builds and fails its suite honestly:
 * `deno task new:driver PLATFORM/DEVICE --contract block [--root DIR]`.
 *
 * Exit status: 0 made, 1 refused, 2 wrong arguments. A refusal leaves nothing behind.
 */
import {
  isThere,
  type TemplateFiles,
  writeTemplate,
} from "./template_files.ts";

const CONTRACTS = [
  "block",
  "dma",
  "entropy",
  "gpu",
  "irq",
  "mmio",
  "net",
  "npu",
  "timer",
] as const;
type Contract = typeof CONTRACTS[number];

const HELP = `Makes a driver from the template in scripts/templates/driver.

usage: deno task new:driver NAME --contract CONTRACT [--root DIR]

  NAME        platform and device, such as deno/my-disk: lower case letters and
              digits, words joined by "-"; each at most 32
  --contract  ${CONTRACTS.join(", ")}
  --root DIR  make it in the tree in DIR (default: this one)
  --help      this text

It writes drivers/PLATFORM/DEVICE: the driver, its fixture, its test and a page.
Then: deno run kernel conform --driver NAME
`;

const NAME_CHARS_MAX = 32;

/** Files of the template: where each goes in the driver's folder. */
const FILES: TemplateFiles = [
  ["driver.ts.template", "FILE.ts"],
  ["fixture.ts.template", "testing/fixture.ts"],
  ["test.ts.template", "FILE_test.ts"],
  ["README.md", "README.md"],
  ["driver.json", "driver.json"],
];

/** A name that cannot be a driver's; the message says why. */
export class BadDriver extends Error {
  override readonly name = "BadDriver";
}

function partsOf(name: string): { platform: string; device: string } {
  const [platform = "", device = "", ...more] = name.split("/");
  const word = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
  const good = [platform, device].every((part) =>
    word.test(part) && part.length <= NAME_CHARS_MAX
  );
  if (!good || more.length > 0) {
    throw new BadDriver(
      `"${name}" is no driver name: platform/device, each of lower case letters and digits, words joined by "-"`,
    );
  }
  if (device === "testing") {
    throw new BadDriver(`"${device}" has another meaning`);
  }
  return { platform, device };
}

export function isContract(name: string): name is Contract {
  return CONTRACTS.some((one) => one === name);
}

/** Writes the files of a new driver under `root`; gives their paths. */
export function makeDriver(
  root: string,
  name: string,
  contract: Contract,
): readonly string[] {
  const { platform, device } = partsOf(name);
  const file = device.replaceAll("-", "_");
  const folder = `${platform.replaceAll("-", "_")}/${file}`;
  if (isThere(`${root}/drivers/${folder}`)) {
    throw new BadDriver(`drivers/${folder} exists already`);
  }
  const words = `${platform}-${device}`.split("-").map((word) =>
    word.charAt(0).toUpperCase() + word.slice(1)
  );
  const fill = (text: string) =>
    text.replaceAll("CLASS", words.join("")).replaceAll("FOLDER", folder)
      .replaceAll("FILE", file).replaceAll("NAME", name);
  const template = new URL(`templates/driver/${contract}/`, import.meta.url);
  const files = FILES.map(([from, to]) =>
    [from, `drivers/${folder}/${to}`] as const
  );
  return writeTemplate(template, files, root, fill);
}

function main(args: readonly string[]): number {
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  let root = decodeURIComponent(new URL("..", import.meta.url).pathname);
  let contract: string | undefined;
  const names: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const arg = args[at] as string;
    const value = args[at + 1];
    if (arg === "--root" && value !== undefined) {
      root = value;
      at++;
    } else if (arg === "--contract" && value !== undefined) {
      contract = value;
      at++;
    } else names.push(arg);
  }
  const [name] = names;
  if (name === undefined || names.length > 1 || name.startsWith("--")) {
    console.error(`new:driver: one name, please\n\n${HELP}`);
    return 2;
  }
  if (contract === undefined || !isContract(contract)) {
    console.error(`new:driver: --contract is one of ${CONTRACTS.join(", ")}`);
    return 2;
  }
  try {
    const paths = makeDriver(root.replace(/\/+$/, ""), name, contract);
    for (const path of paths) console.log(`  ${path}`);
  } catch (error) {
    if (!(error instanceof BadDriver)) throw error;
    console.error(`new:driver: ${error.message}`);
    return 1;
  }
  console.log(`\nnext: deno run kernel conform --driver ${name}`);
  return 0;
}

if (import.meta.main) Deno.exitCode = main(Deno.args);
