/**
 * Help texts, made of what the commands say about themselves.
 */
import { COMMON_OPTIONS } from "./args.ts";
import type { Command, Option } from "./command.ts";
import { pad, width } from "./width.ts";

export function generalHelp(
  commands: ReadonlyArray<Command>,
  version: string,
): string {
  const room = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, about }) =>
    `  ${pad(name, room)}  ${about}`
  );
  return [
    `karyon ${version}: a graph that ranks itself, run by replaceable cells`,
    "",
    "usage: karyon [command] [options]",
    "",
    "commands:",
    ...lines,
    "",
    "options of every command:",
    ...optionLines(COMMON_OPTIONS),
    "",
    "exit codes: 0 done, 1 refused, 2 wrong command line, 3 no node answers or",
    "it is busy, 130 interrupted",
    "",
  ].join("\n");
}

export function commandHelp(command: Command): string {
  return [
    `${command.about}`,
    "",
    `usage: karyon ${command.name} ${command.usage}`.trimEnd(),
    "",
    ...(command.details === undefined ? [] : [command.details, ""]),
    "options:",
    ...optionLines({ ...command.options, ...COMMON_OPTIONS }),
    "",
  ].join("\n");
}

function optionLines(
  options: Readonly<Record<string, Option>>,
): ReadonlyArray<string> {
  const named = Object.entries(options).map(([name, option]) => {
    const short = option.short === undefined ? "" : `-${option.short}, `;
    const value = option.type === "string" ? ` ${option.value ?? "TEXT"}` : "";
    return [`${short}--${name}${value}`, option.about] as const;
  });
  const room = Math.max(...named.map(([text]) => width(text)));
  return named.map(([text, about]) => `  ${pad(text, room)}  ${about}`);
}
