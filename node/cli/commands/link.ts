/**
 * `link`: one link between two particles, signed by the node's neuron.
 */
import { ask, type Command, EXIT } from "../command.ts";
import { endOf } from "./ends.ts";

const AMOUNT_MAX = 2 ** 48 - 1;

export const link: Command = {
  name: "link",
  about: "link one particle to another",
  usage: "FROM TO [--amount N] [--valence -1|0|1] [--token NAME]",
  details: "FROM and TO are texts, or identities (66 digits, or cid:…).",
  options: {
    amount: { type: "string", value: "N", about: "0 to 2^48 - 1 (default 1)" },
    valence: { type: "string", value: "V", about: "-1, 0 or 1 (default 0)" },
    token: { type: "string", value: "NAME", about: "default: karyon" },
  },
  takes: [2, 2],
  run: (context) => {
    const given = {
      from: endOf(context.arg(0)),
      to: endOf(context.arg(1)),
      amount: context.integer("amount", {
        minimum: 0,
        maximum: AMOUNT_MAX,
        otherwise: 1,
      }),
      valence: context.integer("valence", {
        minimum: -1,
        maximum: 1,
        otherwise: 0,
      }),
      ...(context.text("token") === undefined
        ? {}
        : { token: context.text("token") }),
    };
    return context.withNode(async (api) => {
      const receipt = await ask(api.link([given]));
      context.print(receipt, () => {
        const [made] = receipt.links;
        context.line(`linked at height ${receipt.height}`);
        context.line(`  from    ${made?.from ?? ""}`);
        context.line(`  to      ${made?.to ?? ""}`);
        context.line(`  axon    ${made?.axon ?? ""}`);
        context.line(`  signal  ${receipt.signal}`);
      });
      return EXIT.ok;
    });
  },
};
