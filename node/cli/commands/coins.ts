/**
 * `coin`, `box`, `card` and `wallet`: what operations move, and who has what.
 */
import type { LinkInput, NodeApi } from "../../api.ts";
import type {
  BalanceReport,
  BoxReport,
  CardReport,
  CoinReport,
  OperationInput,
} from "../../api_views.ts";
import { CID_PATTERN } from "../../http/schemas.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { suggest } from "../suggest.ts";
import type { Column } from "../table.ts";
import { count, many, short } from "../words.ts";
import { endOf, idOf, whoOf } from "./ends.ts";
import { limitOption } from "./names.ts";

const LIMIT = {
  type: "string",
  value: "N",
  about: "of a list: 1 to 1000 (default 100)",
} as const;
const AMOUNT_MAX = 2 ** 48 - 1;
const RULES = ["anybody", "authority", "nobody"] as const;

/** An action of a command: what follows it, and what it asks for. */
interface Action {
  readonly usage: string;
  readonly takes: number;
  run(context: Context, api: NodeApi, args: string[]): Promise<void>;
}

function command(
  form: Pick<Command, "name" | "about" | "details" | "options">,
  actions: Readonly<Record<string, Action>>,
): Command {
  const usages = Object.entries(actions).map(([name, { usage }]) =>
    usage === "" ? name : `${name} ${usage}`
  );
  const most = Math.max(...Object.values(actions).map(({ takes }) => takes));
  return {
    ...form,
    usage: usages.join(" | "),
    takes: [1, 1 + most],
    run(context) {
      const [word = "", ...args] = context.args;
      const action = Object.hasOwn(actions, word) ? actions[word] : undefined;
      if (action === undefined) {
        const meant = suggest(word, Object.keys(actions));
        throw new UsageError(
          `there is no ${form.name} ${word}`,
          meant === undefined
            ? `there is ${Object.keys(actions).join(", ")}`
            : `did you mean ${form.name} ${meant}?`,
        );
      }
      if (args.length !== action.takes) {
        throw new UsageError(
          args.length < action.takes
            ? "too few arguments"
            : "too many arguments",
          `usage: karyon ${form.name} ${word} ${action.usage}`.trimEnd(),
        );
      }
      return context.withNode(async (api) => {
        await action.run(context, api, args);
        return EXIT.ok;
      });
    },
  };
}

async function operate(
  context: Context,
  api: NodeApi,
  operation: OperationInput,
  links: ReadonlyArray<LinkInput> = [],
): Promise<void> {
  const receipt = await ask(api.operate(links, [operation]));
  context.print(receipt, () => {
    context.line(`done at height ${count(receipt.height)}`);
    for (const { kind, id } of receipt.made) {
      context.line(`  ${kind.padEnd(8)}${id}`);
    }
    context.line(`  signal  ${receipt.signal}`);
  });
}

function amountOf(text: string): number {
  const amount = /^[1-9]\d{0,14}$/u.test(text) ? Number(text) : 0;
  if (amount >= 1 && amount <= AMOUNT_MAX) return amount;
  throw new UsageError(
    `${JSON.stringify(text)} is not an amount`,
    "an amount is a whole number from 1 to 2^48 - 1",
  );
}

/** A coin by its token, or by its name where one coin only has it. */
async function tokenOf(api: NodeApi, text: string): Promise<string> {
  const digits = text.startsWith("cid:") ? text.slice(4) : text;
  if (CID_PATTERN.test(digits)) return digits;
  const { items, next } = await ask(api.coins({ limit: 1000 }));
  const found = items.filter(({ name }) => name === text);
  const [only] = found;
  if (found.length === 1 && next === undefined && only) return only.token;
  throw new UsageError(
    found.length > 1
      ? `${found.length} coins are named ${text}`
      : `no coin is named ${text}`,
    "name it by its token: coin list shows all",
  );
}

const COINS: ReadonlyArray<Column<CoinReport>> = [
  { title: "name", flex: 10, value: ({ name }) => name ?? "-" },
  { title: "supply", right: true, value: ({ supply }) => count(supply) },
  {
    title: "cap",
    right: true,
    value: ({ cap }) => cap === undefined ? "-" : count(cap),
  },
  { title: "moves", value: ({ rule }) => rule },
  { title: "token", flex: 14, value: ({ token }) => token },
  { title: "authority", flex: 14, spare: 1, value: (one) => one.authority },
];

export const coin = command({
  name: "coin",
  about: "makes coins, mints, pays, locks; lists coins",
  details:
    "NEURON is an identity, or me; TOKEN an identity, or a coin's name. " +
    "Signed by this node's neuron; needs the right of its operator.",
  options: {
    cap: { type: "string", value: "N", about: "of new: the most there may be" },
    rule: {
      type: "string",
      value: "RULE",
      about: "of new: anybody (default), authority, nobody may pass it on",
    },
    limit: LIMIT,
  },
}, {
  new: {
    usage: "NAME [--cap N] [--rule RULE]",
    takes: 1,
    run: (context, api, [name = ""]) => {
      const cap = context.text("cap");
      const given = context.text("rule") ?? "anybody";
      const rule = RULES.find((one) => one === given);
      if (rule === undefined) {
        throw new UsageError(`--rule must be one of ${RULES.join(", ")}`);
      }
      return operate(context, api, {
        op: "coin",
        name: endOf(name),
        rule,
        ...(cap === undefined ? {} : { cap: amountOf(cap) }),
      });
    },
  },
  mint: moves("mint"),
  pay: moves("pay"),
  lock: {
    usage: "AMOUNT",
    takes: 1,
    run: (context, api, [amount = ""]) =>
      operate(context, api, { op: "lock", amount: amountOf(amount) }),
  },
  unlock: {
    usage: "AMOUNT",
    takes: 1,
    run: (context, api, [amount = ""]) =>
      operate(context, api, { op: "unlock", amount: amountOf(amount) }),
  },
  list: {
    usage: "",
    takes: 0,
    run: async (context, api) => {
      const coins = await ask(api.coins({ limit: limitOption(context) }));
      context.print(coins, () => list(context, COINS, coins.items, "coin"));
    },
  },
});

function moves(op: "mint" | "pay"): Action {
  return {
    usage: "TOKEN NEURON AMOUNT",
    takes: 3,
    run: async (context, api, [token = "", to = "", sum = ""]) => {
      const amount = amountOf(sum);
      await operate(context, api, {
        op,
        token: await tokenOf(api, token),
        to: await whoOf(api, to),
        amount,
      });
    },
  };
}

function list<A>(
  context: Context,
  columns: ReadonlyArray<Column<A>>,
  items: ReadonlyArray<A>,
  what: string,
): void {
  if (items.length > 0) {
    for (const line of context.table(columns, items)) context.line(line);
  }
  const end = what === "box" && items.length !== 1 ? "boxes" : "";
  context.note(
    end === "" ? many(items.length, what) : `${count(items.length)} ${end}`,
  );
}

const BOXES: ReadonlyArray<Column<BoxReport>> = [
  { title: "amount", right: true, value: ({ amount }) => count(amount) },
  { title: "token", value: ({ token }) => short(token) },
  { title: "author", spare: 1, value: ({ author }) => short(author) },
  { title: "box", flex: 14, value: ({ box }) => box },
];

export const box = command({
  name: "box",
  about: "pays for a link, passes the payment on, takes it back",
  details:
    "new links FROM to TO and funds the link: it stays, whatever becomes " +
    "of the box. NEURON is an identity, or me; TOKEN an identity, or a coin's name.",
  options: { limit: LIMIT },
}, {
  new: {
    usage: "FROM TO TOKEN AMOUNT",
    takes: 4,
    run: async (context, api, [from = "", to = "", token = "", sum = ""]) => {
      const amount = amountOf(sum);
      const tokenId = await tokenOf(api, token);
      const link = { from: endOf(from), to: endOf(to), amount };
      await operate(context, api, { op: "box", link: 0 }, [
        { ...link, coin: tokenId },
      ]);
    },
  },
  transfer: {
    usage: "BOX NEURON",
    takes: 2,
    run: async (context, api, [box = "", to = ""]) =>
      operate(context, api, {
        op: "transfer",
        box: idOf(box, "box"),
        to: await whoOf(api, to),
      }),
  },
  withdraw: {
    usage: "BOX",
    takes: 1,
    run: (context, api, [box = ""]) =>
      operate(context, api, { op: "withdraw", box: idOf(box, "box") }),
  },
  spend: {
    usage: "BOX NEURON",
    takes: 2,
    run: async (context, api, [box = "", to = ""]) =>
      operate(context, api, {
        op: "spend",
        box: idOf(box, "box"),
        to: await whoOf(api, to),
      }),
  },
  list: {
    usage: "NEURON",
    takes: 1,
    run: async (context, api, [who = ""]) => {
      const owner = await whoOf(api, who);
      const boxes = await ask(
        api.boxes(owner, { limit: limitOption(context) }),
      );
      context.print(boxes, () => list(context, BOXES, boxes.items, "box"));
    },
  },
});

const CARDS: ReadonlyArray<Column<CardReport>> = [
  {
    title: "names",
    flex: 12,
    value: ({ text, particle }) => text ?? short(particle),
  },
  { title: "made", right: true, value: ({ made }) => count(made) },
  { title: "creator", spare: 1, value: ({ creator }) => short(creator) },
  { title: "card", flex: 14, value: ({ card }) => card },
];

export const card = command({
  name: "card",
  about: "names a particle as its creator, hands a card on; lists cards",
  details: "PARTICLE is a text or an identity. For names with paths: name set.",
  options: {
    limit: LIMIT,
    created: { type: "boolean", about: "of list: those that it made" },
  },
}, {
  make: {
    usage: "PARTICLE",
    takes: 1,
    run: (context, api, [particle = ""]) =>
      operate(context, api, { op: "card", particle: endOf(particle) }),
  },
  give: {
    usage: "CARD NEURON",
    takes: 2,
    run: async (context, api, [card = "", to = ""]) =>
      operate(context, api, {
        op: "give",
        card: idOf(card, "card"),
        to: await whoOf(api, to),
      }),
  },
  list: {
    usage: "NEURON [--created]",
    takes: 1,
    run: async (context, api, [who = ""]) => {
      const holder = await whoOf(api, who);
      const part = context.flag("created") ? "created" : "owned";
      const cards = await ask(
        api.cards(holder, part, { limit: limitOption(context) }),
      );
      context.print(cards, () => list(context, CARDS, cards.items, "card"));
    },
  },
});

const BALANCES: ReadonlyArray<Column<BalanceReport>> = [
  { title: "coin", flex: 10, value: ({ name }) => name ?? "-" },
  { title: "amount", right: true, value: ({ amount }) => count(amount) },
  { title: "token", flex: 14, value: ({ token }) => token },
];

export const wallet: Command = {
  name: "wallet",
  about: "what a neuron has: balances, boxes, cards",
  usage: "[NEURON] [--limit N]",
  details: "NEURON is an identity, or me, which is the default.",
  options: { limit: LIMIT },
  takes: [0, 1],
  run(context) {
    const limit = limitOption(context);
    return context.withNode(async (api) => {
      const neuron = await whoOf(api, context.args[0] ?? "me");
      const balances = await ask(api.balances(neuron, { limit }));
      const boxes = await ask(api.boxes(neuron, { limit }));
      const cards = await ask(api.cards(neuron, "owned", { limit }));
      context.print({ neuron, balances, boxes, cards }, () => {
        context.line(`${context.dim("neuron  ")}${neuron}`);
        list(context, BALANCES, balances.items, "balance");
        list(context, BOXES, boxes.items, "box");
        list(context, CARDS, cards.items, "card");
      });
      return EXIT.ok;
    });
  },
};
