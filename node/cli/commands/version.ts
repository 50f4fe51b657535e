/**
 * `version` and `openapi`: what this program is, and what its node speaks.
 */
import { type Command, EXIT } from "../command.ts";

export const version: Command = {
  name: "version",
  about: "what this program is",
  usage: "",
  options: {},
  takes: [0, 0],
  run(context) {
    const { deno, v8 } = Deno.version;
    const platform = `${Deno.build.os}-${Deno.build.arch}`;
    const report = { karyon: context.composition.version, deno, v8, platform };
    context.print(report, () => {
      context.line(`karyon ${report.karyon} (deno ${deno}, ${platform})`);
    });
    return Promise.resolve(EXIT.ok);
  },
};

export const openapi: Command = {
  name: "openapi",
  about: "print the node's HTTP interface as OpenAPI 3.1",
  usage: "",
  options: {},
  takes: [0, 0],
  async run(context) {
    const { openApiDocument } = await import("../../http/own_routes.ts");
    const document = openApiDocument(context.composition.version);
    context.line(JSON.stringify(document, null, 2));
    return EXIT.ok;
  },
};
