/**
 * `avatar`: which neurons belong to one avatar, by a statement that all of them
 * have signed: drawn up, signed, checked and published.
 */
import type { AvatarReport } from "../../api_views.ts";
import { NEURONS_MAX } from "../../avatars/mod.ts";
import type { AvatarFile } from "../avatar_words.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { count, many } from "../words.ts";
import { whoOf } from "./ends.ts";
import { read, writeOctets } from "./files.ts";
import { heightOption } from "./names.ts";

export const avatar: Command = {
  name: "avatar",
  about: "which neurons are one avatar's; states it, signed by all of them",
  usage: "[NEURON] [--at HEIGHT] | draw AVATAR NEURON… --out FILE " +
    "[--after FILE] | sign FILE [--key NAME]… | check FILE | publish FILE",
  details: [
    "NEURON is an identity, or me. draw and sign take names of keys (keys list;",
    "keys import takes in public ones) and sign with those that are here: a file",
    "goes from device to device until check says that it holds. publish binds the",
    "name ~me/avatar to it, on each device's node. --after FILE makes the next",
    "edition: who is not named in it any more needs not sign.",
  ].join("\n"),
  options: {
    at: {
      type: "string",
      value: "HEIGHT",
      about: "as it was at that height (default: now)",
    },
    out: { type: "string", value: "FILE", about: "where draw and sign write" },
    after: {
      type: "string",
      value: "FILE",
      about: "draw: the edition that it takes the place of",
    },
    key: {
      type: "string",
      value: "NAME",
      about: "sign: only with this key; may be repeated",
      multiple: true,
    },
  },
  takes: [0, 2 + NEURONS_MAX],
  run(context) {
    const [first = "me", file, more] = context.args;
    if (first === "draw") return draw(context);
    const action = { sign, check, publish }[first];
    if (action === undefined) {
      if (file !== undefined) throw new UsageError("too many arguments");
      return show(context, first);
    }
    if (file === undefined || more !== undefined) {
      throw new UsageError(
        `avatar ${first} takes a file`,
        `usage: karyon avatar ${first} FILE`,
      );
    }
    return action(context, file);
  },
};

async function draw(context: Context): Promise<number> {
  const [, name, ...neurons] = context.args;
  const out = context.text("out");
  if (name === undefined || out === undefined) {
    throw new UsageError(
      "avatar draw needs the avatar's key, its neurons' keys and a file",
      "usage: karyon avatar draw AVATAR NEURON… --out FILE",
    );
  }
  const after = context.text("after");
  const { avatars } = context.composition;
  const made = await ask(avatars.draw(context.data, {
    avatar: name,
    neurons,
    after: after === undefined ? undefined : await read(context, after),
  }));
  return await written(context, made, out);
}

async function sign(context: Context, file: string): Promise<number> {
  const octets = await read(context, file);
  const { avatars } = context.composition;
  const made = await ask(
    avatars.sign(context.data, octets, context.texts("key")),
  );
  return await written(context, made, context.text("out") ?? file);
}

async function written(
  context: Context,
  made: AvatarFile,
  path: string,
): Promise<number> {
  await writeOctets(context, path, made.octets);
  report(context, made);
  context.note(
    made.lacks === undefined
      ? `${path} holds; next: karyon avatar publish ${path}`
      : `written to ${path}; next, where the other keys are: ` +
        `karyon avatar sign ${path}`,
  );
  return EXIT.ok;
}

/** Exit code 1: it does not hold. */
async function check(context: Context, file: string): Promise<number> {
  const { avatars } = context.composition;
  const found = await ask(
    avatars.check(context.data, await read(context, file)),
  );
  report(context, found);
  if (found.lacks === undefined) return EXIT.ok;
  context.note(`it does not hold: ${found.lacks}`);
  return EXIT.refused;
}

async function publish(context: Context, file: string): Promise<number> {
  const octets = await read(context, file);
  return await context.withNode(async (api) => {
    shown(context, await ask(api.stateAvatar(octets)));
    return EXIT.ok;
  });
}

function show(context: Context, who: string): Promise<number> {
  const at = heightOption(context);
  return context.withNode(async (api) => {
    shown(context, await ask(api.avatar(await whoOf(api, who), at)));
    return EXIT.ok;
  });
}

function field(context: Context, name: string, value: string): void {
  context.line(`${context.dim(name.padEnd(9))}${value}`);
}

function report(
  context: Context,
  { stated, hands, lacks }: AvatarFile,
): void {
  context.print({ ...stated, hands, holds: lacks === undefined, lacks }, () => {
    field(context, "avatar", stated.avatar);
    field(context, "edition", count(stated.edition));
    for (const [i, { id, name, signed }] of hands.entries()) {
      const who = i === 0 ? "avatar" : "neuron";
      const known = name === undefined ? "" : `  ${name}`;
      const state = signed ? "signed " : "missing";
      context.line(`${state}  ${who}  ${id}${known}`);
    }
  });
}

const STANDINGS = {
  avatar: "it is the avatar",
  neuron: "it is one of its neurons",
  "left-out": "it is not one of its neurons any more",
} as const;

function shown(context: Context, found: AvatarReport): void {
  context.print(found, () => {
    field(context, "avatar", found.avatar);
    field(context, "edition", count(found.edition));
    field(context, "standing", STANDINGS[found.standing]);
    for (const neuron of found.neurons) field(context, "neuron", neuron);
    field(context, "bound", `height ${count(found.height)}, by ${found.by}`);
    context.note(many(found.neurons.length, "neuron"));
  });
}
