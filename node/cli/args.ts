/**
 * Reads a command line: which command, which options, which arguments.
 *
 * Every option must be known and have its value; what is misspelt is told with
 * the word that was probably meant.
 */
import { parseArgs } from "node:util";
import { type Command, type Option, UsageError } from "./command.ts";
import { suggest } from "./suggest.ts";

/** What every command takes. */
export const COMMON_OPTIONS: Readonly<Record<string, Option>> = {
  data: {
    type: "string",
    value: "DIR",
    about: "the node's data directory (default ./.karyon)",
  },
  json: { type: "boolean", about: "print JSON" },
  help: { type: "boolean", short: "h", about: "print this text" },
};

export interface Parsed {
  readonly values: Record<
    string,
    string | boolean | ReadonlyArray<string> | undefined
  >;
  readonly args: ReadonlyArray<string>;
}

/** The command that is meant, and what follows its name. */
export function splitCommand(
  argv: ReadonlyArray<string>,
  commands: ReadonlyArray<Command>,
  otherwise: string,
): { readonly command: Command; readonly rest: ReadonlyArray<string> } {
  const first = argv[0];
  const named = first !== undefined && !first.startsWith("-");
  const name = named ? first : otherwise;
  const command = commands.find((one) => one.name === name);
  if (command !== undefined) {
    return { command, rest: named ? argv.slice(1) : argv };
  }
  const meant = suggest(name, commands.map((one) => one.name));
  throw new UsageError(
    `there is no command ${JSON.stringify(name)}`,
    meant === undefined ? "see them all: --help" : `did you mean ${meant}?`,
  );
}

export function parseOptions(
  command: Command,
  rest: ReadonlyArray<string>,
): Parsed {
  const options = { ...command.options, ...COMMON_OPTIONS };
  const { tokens } = parseArgs({
    args: [...rest],
    options: Object.fromEntries(
      Object.entries(options).map(([name, { type, short }]) => [
        name,
        short === undefined ? { type } : { type, short },
      ]),
    ),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const values: Parsed["values"] = {};
  const args: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") args.push(token.value);
    if (token.kind !== "option") continue;
    const value = checked(options, token.name, token.rawName, token.value);
    values[token.name] = options[token.name]?.multiple === true
      ? [...listOf(values[token.name]), String(value)]
      : value;
  }
  if (values["help"] !== true) checkCount(command, args);
  return { values, args };
}

function listOf(value: Parsed["values"][string]): ReadonlyArray<string> {
  return Array.isArray(value) ? value : [];
}

function checked(
  options: Readonly<Record<string, Option>>,
  name: string,
  rawName: string,
  value: string | undefined,
): string | boolean {
  const option = Object.hasOwn(options, name) ? options[name] : undefined;
  if (option === undefined) {
    const meant = suggest(name, Object.keys(options));
    throw new UsageError(
      `there is no option ${rawName}`,
      meant === undefined ? "see them all: --help" : `did you mean --${meant}?`,
    );
  }
  if (option.type === "boolean") {
    if (value === undefined) return true;
    throw new UsageError(`${rawName} takes no value`);
  }
  if (value !== undefined) return value;
  throw new UsageError(`${rawName} needs a value: ${option.value ?? "TEXT"}`);
}

function checkCount(command: Command, args: ReadonlyArray<string>): void {
  const [least, most] = command.takes;
  if (args.length >= least && args.length <= most) return;
  const what = args.length < least ? "too few" : "too many";
  throw new UsageError(
    `${what} arguments`,
    `usage: karyon ${command.name} ${command.usage}`,
  );
}
