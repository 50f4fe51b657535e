/**
 * The system file: which cells and drivers run, and what each may do.
 *
 * `readSystem` returns the whole file checked, or every fault that it has with
 * its place. Nothing starts from a file with a fault.
 *
 * Deliberately absent: defaults that widen authority. A capability that is not
 * written down is not there.
 */
import { Result, Schema, SchemaIssue } from "effect";
import {
  CALL_MS,
  CALL_MS_MAX,
  CELLS_MAX,
  CONTENT_TTL_MAX,
  DRIVERS_MAX,
  EPOCH_MS,
  HARTS_MAX,
  MEMORY_MIB,
  MEMORY_MIB_MAX,
  SNAPSHOT_MIB_MAX,
  SNAPSHOT_READERS_MAX,
  SNAPSHOTS_MAX,
  START_MS,
  START_MS_MAX,
  STEP_MS,
  STEP_MS_MAX,
  SYSTEM_FILE_OCTETS_MAX,
} from "../limits.ts";
import {
  JsonFault,
  parsePlaced,
  type Path,
  type Placed,
} from "./json_places.ts";
import { checkSystem, contentFaults } from "./check.ts";

/** Who answers a capability: the kernel, a driver, a cell, or nobody. */
const Provider = Schema.String.check(
  Schema.isPattern(/^(kernel|none|(driver|cell):[a-z][a-z0-9-]{0,31})$/, {
    expected: "kernel, none, driver:NAME or cell:NAME",
  }),
);

const between = (minimum: number, maximum: number) =>
  Schema.Int.check(Schema.isBetween({ minimum, maximum }));

/** Keys that are no numbers: such an object keeps the file's order. */
const Settings = Schema.Record(
  Schema.String.check(
    Schema.isPattern(/^[a-z][a-z0-9_-]*$/, {
      expected: "a key of a-z, 0-9, - and _, a letter first",
    }),
  ),
  Schema.String,
);

const ENTRY = {
  class: Schema.Literals(["hard", "soft"]),
  /** Processor time per epoch for background work; 0 for none. */
  budget_ms: between(0, EPOCH_MS),
  call_ms: Schema.optionalKey(between(1, CALL_MS_MAX)),
  step_ms: Schema.optionalKey(between(1, STEP_MS_MAX)),
  start_ms: Schema.optionalKey(between(1, START_MS_MAX)),
  memory_mib: Schema.optionalKey(between(1, MEMORY_MIB_MAX)),
  /** Seconds between checkpoints of the cell's state; absent: none. */
  checkpoint_s: Schema.optionalKey(between(1, 86_400)),
  config: Schema.optionalKey(Settings),
  /** The hart that it runs on; absent: wherever there is most room. */
  hart: Schema.optionalKey(between(0, HARTS_MAX)),
  grants: Schema.Record(Schema.String, Provider),
} as const;

/** An entry without component: what a proposal to load a cell brings. */
const LoadEntry = Schema.Struct(ENTRY);

/** Path of a signed report, relative to the system file. */
const NamedReport = Schema.optionalKey(Schema.NonEmptyString);

const CellEntry = Schema.Struct({
  /** Path of the component, relative to the system file. */
  component: Schema.NonEmptyString,
  report: NamedReport,
  ...ENTRY,
});

const DriverEntry = Schema.Struct({
  /** Platform and device, e.g. `deno/block-file`. */
  driver: Schema.String.check(
    Schema.isPattern(/^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/, {
      expected: "PLATFORM/DEVICE",
    }),
  ),
  config: Schema.optionalKey(Settings),
  report: NamedReport,
});

const SnapshotEntry = Schema.Struct({
  /** Of one version. */
  mib: between(1, SNAPSHOT_MIB_MAX),
  writer: Schema.NonEmptyString,
  readers: Schema.Array(Schema.NonEmptyString).check(
    Schema.isMinLength(1),
    Schema.isMaxLength(SNAPSHOT_READERS_MAX),
  ),
});

const ContentEntry = Schema.Struct({
  /** Heights where nobody asks for a number; 0: for ever. */
  ttl: between(0, CONTENT_TTL_MAX),
  /** Heights that may be asked for at most; absent: as many as one likes. */
  ttl_max: Schema.optionalKey(between(1, CONTENT_TTL_MAX)),
});

const SystemFile = Schema.Struct({
  $comment: Schema.optionalKey(Schema.String),
  format: Schema.Literal(1),
  network: Schema.NonEmptyString,
  /** Threads for cells beside the first one; absent: none. */
  harts: Schema.optionalKey(between(0, HARTS_MAX)),
  /** What the policy wants of drivers holds for those of this file, too; absent: not. */
  reports: Schema.optionalKey(Schema.Literal("required")),
  drivers: Schema.Record(Schema.String, DriverEntry).check(
    Schema.isMaxProperties(DRIVERS_MAX),
  ),
  cells: Schema.Record(Schema.String, CellEntry).check(
    Schema.isMaxProperties(CELLS_MAX),
  ),
  /** What cells show each other in shared memory; absent: nothing. */
  snapshots: Schema.optionalKey(
    Schema.Record(Schema.String, SnapshotEntry).check(
      Schema.isMaxProperties(SNAPSHOTS_MAX),
    ),
  ),
  /** How long contents are kept, by kind; absent: as whoever brings them says. */
  contents: Schema.optionalKey(Schema.Record(Schema.String, ContentEntry)),
});

/** One cell of a checked system file; every default filled in. */
export interface CellSpec {
  readonly name: string;
  readonly component: string;
  readonly class: "hard" | "soft";
  readonly budgetMs: number;
  readonly callMs: number;
  /** Processor time that one step may be given in all, where it can be parked. */
  readonly stepMs: number;
  readonly startMs: number;
  readonly memoryMib: number;
  readonly checkpointS: number | undefined;
  readonly config: ReadonlyArray<readonly [string, string]>;
  /** Number of its hart; in a checked system absent only on the first one. */
  readonly hart?: number;
  /** Contract to provider. */
  readonly grants: ReadonlyMap<string, string>;
  /** Path of a signed report about the component. */
  readonly report?: string;
}

export interface DriverSpec {
  readonly name: string;
  readonly driver: string;
  readonly config: ReadonlyMap<string, string>;
  /** Path of a signed report about the driver. */
  readonly report?: string;
}

/** Versions that one cell shows others; `readers` are in the file's order. */
export interface SnapshotSpec {
  readonly mib: number;
  readonly writer: string;
  readonly readers: ReadonlyArray<string>;
}

/** How long contents of a kind are kept. */
export interface ContentTerms {
  /** Heights; 0: for ever. */
  readonly ttl: number;
  /** Absent: no bound. */
  readonly ttlMax?: number | undefined;
}

/** A system file that was checked whole. */
export interface System {
  readonly network: string;
  /** Harts beside the first one; absent: none. */
  readonly harts?: number;
  /** Set: nothing that drives a device runs without the report that the policy wants. */
  readonly reports?: "required";
  readonly drivers: ReadonlyMap<string, DriverSpec>;
  /** In starting order: who is called stands before who calls. */
  readonly cells: ReadonlyMap<string, CellSpec>;
  /** Absent: none. */
  readonly snapshots?: ReadonlyMap<string, SnapshotSpec>;
  /** By kind; absent: nothing is said. */
  readonly contents?: ReadonlyMap<string, ContentTerms>;
}

/** One broken rule of a system file. */
export interface FileFault {
  readonly path: Path;
  readonly reason: string;
  /** What to write instead. */
  readonly fix: string;
}

/** The file is refused; `faults` has one line per broken rule, with its place. */
export class SystemRefused extends Schema.TaggedError<SystemRefused>()(
  "SystemRefused",
  { file: Schema.String, faults: Schema.Array(Schema.String) },
) {
  override get message(): string {
    return `${this.file} is refused:\n  ${this.faults.join("\n  ")}`;
  }
}

/** What the surroundings offer: contracts the kernel answers, known drivers. */
export interface Offer {
  readonly kernel: ReadonlySet<string>;
  /** Driver (`deno/block-file`) to the contracts that it exports. */
  readonly drivers: ReadonlyMap<string, ReadonlySet<string>>;
  /** Kinds of contents that can be told apart; absent: none. */
  readonly kinds?: ReadonlySet<string>;
}

/** Reads and checks a system file; `file` names it in the faults. */
export function readSystem(
  file: string,
  text: string,
  offer: Offer,
): Result.Result<System, SystemRefused> {
  const refuse = (faults: ReadonlyArray<string>) =>
    Result.fail(new SystemRefused({ file, faults }));
  if (new TextEncoder().encode(text).length > SYSTEM_FILE_OCTETS_MAX) {
    const most = `longer than ${SYSTEM_FILE_OCTETS_MAX} octets`;
    return refuse([`${file}:1:1: the file: ${most}; make it shorter`]);
  }
  const placed = parse(text);
  if (placed instanceof JsonFault) return refuse([notJson(file, placed)]);
  const decoded = decode(placed, SystemFile);
  if (Result.isFailure(decoded)) {
    return refuse(decoded.failure.map((fault) => tell(file, placed, fault)));
  }
  const checked = checkSystem(complete(decoded.success), offer);
  const { system } = checked;
  const faults = [...checked.faults, ...contentFaults(system, offer)];
  if (faults.length > 0) {
    return refuse(faults.map((fault) => tell(file, placed, fault)));
  }
  return Result.succeed(system);
}

/**
 * The entry of one cell that is in no system file, with the same keys but for
 * `component`. What it may be granted is checked with the rest of the system.
 */
export function readEntry(
  cell: string,
  text: string,
): Result.Result<CellSpec, SystemRefused> {
  const file = `the manifest of ${cell}`;
  const placed = parse(text);
  if (placed instanceof JsonFault) {
    const faults = [notJson(file, placed)];
    return Result.fail(new SystemRefused({ file, faults }));
  }
  const decoded = decode(placed, LoadEntry);
  return Result.isSuccess(decoded)
    ? Result.succeed(completeCell(cell, "", decoded.success))
    : Result.fail(
      new SystemRefused({
        file,
        faults: decoded.failure.map((fault) => tell(file, placed, fault)),
      }),
    );
}

function parse(text: string): Placed | JsonFault {
  try {
    return parsePlaced(text);
  } catch (error) {
    if (error instanceof JsonFault) return error;
    throw error;
  }
}

const format = SchemaIssue.makeFormatterStandardSchemaV1();

function decode<A>(placed: Placed, form: Schema.Codec<A, unknown>) {
  return Result.mapError(
    Schema.decodeUnknownResult(form)(placed.value, {
      errors: "all",
      onExcessProperty: "error",
    }),
    (error): FileFault[] =>
      format(error.issue).issues.map((issue) => ({
        path: (issue.path ?? []).map((step) =>
          typeof step === "number" ? step : String(step)
        ),
        reason: issue.message.replaceAll("\n", " "),
        fix: fixOf(issue.message),
      })),
  );
}

function tell(file: string, placed: Placed, fault: FileFault): string {
  const { line, column } = placed.placeOf(fault.path);
  const name = fault.path.join(".") || "the file";
  const { reason, fix } = fault;
  return `${file}:${line}:${column}: ${name}: ${reason}; ${fix}`;
}

function notJson(file: string, { message }: JsonFault): string {
  return `${file}:${message}; mend the JSON there`;
}

/** What mends a fault of the form. */
function fixOf(message: string): string {
  if (message.startsWith("Missing")) return "add it";
  if (message.includes("excess property")) {
    return "take it out, or mend its name";
  }
  return "write what is expected there";
}

function completeCell(
  name: string,
  component: string,
  entry: typeof LoadEntry.Type,
): CellSpec {
  return {
    name,
    component,
    class: entry.class,
    budgetMs: entry.budget_ms,
    callMs: entry.call_ms ?? CALL_MS,
    stepMs: entry.step_ms ?? STEP_MS,
    startMs: entry.start_ms ?? START_MS,
    memoryMib: entry.memory_mib ?? MEMORY_MIB,
    checkpointS: entry.checkpoint_s,
    config: Object.entries(entry.config ?? {}),
    grants: new Map(Object.entries(entry.grants)),
    ...(entry.hart === undefined ? {} : { hart: entry.hart }),
  };
}

function complete(file: typeof SystemFile.Type): System {
  const drivers = Object.entries(file.drivers).map(([name, entry]) =>
    [name, {
      name,
      driver: entry.driver,
      config: new Map(Object.entries(entry.config ?? {})),
      ...(entry.report === undefined ? {} : { report: entry.report }),
    }] as const
  );
  const cells = Object.entries(file.cells).map(([name, entry]) =>
    [name, {
      ...completeCell(name, entry.component, entry),
      ...(entry.report === undefined ? {} : { report: entry.report }),
    }] as const
  );
  return {
    network: file.network,
    ...(file.harts === undefined ? {} : { harts: file.harts }),
    ...(file.reports === undefined ? {} : { reports: file.reports }),
    drivers: new Map(drivers),
    cells: new Map(cells),
    ...(file.snapshots === undefined
      ? {}
      : { snapshots: new Map(Object.entries(file.snapshots)) }),
    ...(file.contents === undefined ? {} : {
      contents: new Map(
        Object.entries(file.contents).map(([kind, { ttl, ttl_max: ttlMax }]) =>
          [kind, { ttl, ttlMax }] as const
        ),
      ),
    }),
  };
}
