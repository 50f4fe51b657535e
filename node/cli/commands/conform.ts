/**
 * `conform`: puts a driver to the suite of a contract.
 *
 * TAP on standard output; exit code 1 if a case failed.
 */
import { type Command, EXIT, UsageError } from "../command.ts";
import { suggest } from "../suggest.ts";

export const conform: Command = {
  name: "conform",
  about: "put a driver to a contract's suite; alone: list them",
  usage: "[--contract NAME --driver NAME]",
  options: {
    contract: { type: "string", value: "NAME", about: "such as block" },
    driver: { type: "string", value: "NAME", about: "such as memory/block" },
  },
  takes: [0, 0],
  async run(context) {
    const { suites } = context.composition;
    const contract = context.text("contract");
    const driver = context.text("driver");
    if (contract === undefined && driver === undefined) {
      const list = suites.map(({ contract, about, drivers }) => ({
        contract,
        about,
        drivers,
      }));
      context.print(list, () => {
        for (
          const line of context.table([
            {
              title: "contract",
              value: (one: typeof list[number]) => one.contract,
            },
            { title: "drivers", value: ({ drivers }) => drivers.join(", ") },
            { title: "about", flex: 20, value: ({ about }) => about },
          ], list)
        ) context.line(line);
      });
      return EXIT.ok;
    }
    const suite = pick("contract", contract, suites, (one) => one.contract);
    const named = pick("driver", driver, suite.drivers, (one) => one);
    const result = await suite.run(named, (line) => {
      if (!context.json) context.line(line);
    });
    const { passed, failed, skipped } = result;
    context.print({ contract, driver, ...result }, () => {
      context.note(`${passed} passed, ${failed} failed, ${skipped} skipped`);
    });
    return failed === 0 ? EXIT.ok : EXIT.refused;
  },
};

function pick<T>(
  what: string,
  wanted: string | undefined,
  all: ReadonlyArray<T>,
  name: (one: T) => string,
): T {
  const names = all.map(name).join(", ");
  if (wanted === undefined) {
    throw new UsageError(`--${what} is one of ${names}`);
  }
  const found = all.find((one) => name(one) === wanted);
  if (found !== undefined) return found;
  const meant = suggest(wanted, all.map(name));
  throw new UsageError(
    `there is no ${what} ${wanted}`,
    meant === undefined ? `there is ${names}` : `did you mean ${meant}?`,
  );
}
