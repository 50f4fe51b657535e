/**
 * Runs one command line and gives its exit code.
 *
 * Results go to standard output, everything else to standard error. Whatever
 * goes wrong is one line and, where there is one, the fix; never a stack.
 */
import { Refusal } from "../api.ts";
import { parseOptions, splitCommand } from "./args.ts";
import {
  type Command,
  Context,
  EXIT,
  exitOf,
  Interrupted,
  NodeBusy,
  UsageError,
} from "./command.ts";
import { exportCommand, restore } from "./commands/archive.ts";
import { audit } from "./commands/audit.ts";
import { cells } from "./commands/cells.ts";
import { box, card, coin, wallet } from "./commands/coins.ts";
import { conform } from "./commands/conform.ts";
import { avatar } from "./commands/avatar.ts";
import { content, drop } from "./commands/contents.ts";
import { offer } from "./commands/offer.ts";
import { evidence } from "./commands/evidence.ts";
import { explain } from "./commands/explain.ts";
import { history } from "./commands/history.ts";
import { finality, karma, spectrum } from "./commands/measures.ts";
import { forge } from "./commands/forge.ts";
import { fsck, rebuild } from "./commands/fsck.ts";
import { importCommand } from "./commands/import.ts";
import { keys } from "./commands/keys.ts";
import { link } from "./commands/link.ts";
import { cat, ls, name } from "./commands/names.ts";
import { particle } from "./commands/particle.ts";
import { proposals } from "./commands/proposal_list.ts";
import { propose, sign, submit } from "./commands/proposals.ts";
import { prove, verify } from "./commands/prove.ts";
import { replay } from "./commands/replay.ts";
import { search, top } from "./commands/search.ts";
import { up } from "./commands/up.ts";
import { openapi, version } from "./commands/version.ts";
import type { Composition } from "./composition.ts";
import { commandHelp, generalHelp } from "./help.ts";
import type { CliHost } from "./host.ts";
import { printable } from "./width.ts";

export const COMMANDS: ReadonlyArray<Command> = [
  up,
  cells,
  importCommand,
  link,
  offer,
  content,
  drop,
  search,
  top,
  particle,
  explain,
  history,
  karma,
  finality,
  spectrum,
  ls,
  cat,
  name,
  wallet,
  coin,
  box,
  card,
  prove,
  verify,
  evidence,
  avatar,
  propose,
  sign,
  submit,
  proposals,
  keys,
  audit,
  fsck,
  rebuild,
  exportCommand,
  restore,
  replay,
  conform,
  forge,
  openapi,
  version,
];

export async function run(
  argv: ReadonlyArray<string>,
  composition: Composition,
  host: CliHost,
): Promise<number> {
  const json = argv.includes("--json");
  try {
    return await dispatch(argv, composition, host);
  } catch (error) {
    return report(error, json, host);
  }
}

async function dispatch(
  argv: ReadonlyArray<string>,
  composition: Composition,
  host: CliHost,
): Promise<number> {
  const first = argv[0];
  if (first === "--help" || first === "-h" || first === "help") {
    const about = COMMANDS.find(({ name }) => name === argv[1]);
    host.out(
      about === undefined
        ? generalHelp(COMMANDS, composition.version)
        : commandHelp(about),
    );
    return EXIT.ok;
  }
  if (first === "--version") {
    return await dispatch(["version"], composition, host);
  }
  const { command, rest } = splitCommand(argv, COMMANDS, "up");
  const { values, args } = parseOptions(command, rest);
  if (values["help"] === true) {
    host.out(commandHelp(command));
    return EXIT.ok;
  }
  return await command.run(new Context(composition, host, values, args));
}

/** Tells what went wrong, and gives the exit code. */
function report(error: unknown, json: boolean, host: CliHost): number {
  if (error instanceof Interrupted) {
    host.err("interrupted\n");
    return EXIT.interrupted;
  }
  const { kind, message, fix, code } = describe(error);
  if (json) {
    host.err(JSON.stringify({ error: { kind, message, fix } }) + "\n");
  } else {
    host.err(`karyon: ${printable(message)}\n`);
    if (fix !== undefined) host.err(`  ${printable(fix)}\n`);
  }
  return code;
}

function describe(error: unknown): {
  readonly kind: string;
  readonly message: string;
  readonly fix?: string | undefined;
  readonly code: number;
} {
  if (error instanceof UsageError) {
    const { message, fix } = error;
    return { kind: "usage", message, fix, code: EXIT.usage };
  }
  if (error instanceof NodeBusy) {
    const { kind, message, fix } = error.refusal;
    return { kind, message, fix, code: EXIT.unreachable };
  }
  if (error instanceof Refusal) {
    const { kind, message, fix } = error;
    return { kind, message, fix, code: exitOf(error) };
  }
  const message = error instanceof Error ? error.message : String(error);
  if (isPlatformError(error)) {
    return {
      kind: "failed",
      message: `the platform says: ${message}`,
      fix: "see that the data directory and the named files can be used",
      code: EXIT.refused,
    };
  }
  return {
    kind: "failed",
    message: `this is a fault of Karyon: ${message}`,
    fix: "please report it with what you did",
    code: EXIT.refused,
  };
}

/** What files and sockets throw: about this machine, not about this program. */
function isPlatformError(error: unknown): boolean {
  return Object.values(Deno.errors).some((kind) => error instanceof kind);
}
