/** Neurons of one avatar: drawn up by commands, published, and asked of a node. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import {
  networkIdentity,
  platformComposite,
  seedsFrom,
  type Signer,
  signerFor,
  toHex,
  utf8,
} from "../kernel/crypto/mod.ts";
import { drawUp, signStatement } from "./avatars/mod.ts";
import { Room } from "./cli/testing.ts";
import { avatarCommands } from "./composition/avatars.ts";
import { keyCommands } from "./composition/keys.ts";
import { writePublic } from "./keys/key_file.ts";
import { stepsOf } from "./names/mod.ts";
import {
  composeBody,
  type DraftLink,
  encodeEnvelope,
  NO_PREVIOUS,
  type Operation,
  signalIdentity,
  signBody,
} from "./signals/mod.ts";
import { RemoteNode } from "./remote/remote_node.ts";
import { refusalOf, serveTestNode, withNode } from "./testing/node.ts";

const run = Effect.runPromise;
const NETWORK = networkIdentity("local");

/** A device elsewhere: its key is here, its node is not. */
class Device {
  #step = 0n;
  #previous: Uint8Array = NO_PREVIOUS;

  private constructor(readonly signer: Signer) {}

  static async of(seed: number): Promise<Device> {
    const composite = await platformComposite();
    const key = await composite.open(seedsFrom(new Uint8Array(32).fill(seed)));
    return new Device(signerFor(key, ["signal", "avatar"]));
  }

  get id(): string {
    return toHex(this.signer.id);
  }

  sign(octets: Uint8Array): Promise<Uint8Array> {
    return run(signStatement(octets, this.signer));
  }

  /** An envelope that binds `~device/avatar`, with its card the first time. */
  async binds(content: Uint8Array): Promise<Uint8Array> {
    const [step] = stepsOf(this.signer.id, ["avatar"]);
    ok(step);
    const plain = { amount: 0n, valence: 0 } as const;
    const made: DraftLink = {
      from: { identity: step.above },
      to: { content: utf8("avatar") },
      ...plain,
    };
    const card: Operation = { kind: "card", particle: step.axon };
    const first = this.#step === 0n;
    const place = {
      network: NETWORK,
      neuron: this.signer.id,
      step: this.#step,
      previous: this.#previous,
      time: 1n,
    };
    const { body, contents } = composeBody(place, [
      ...(first ? [made] : []),
      { from: { identity: step.card }, to: { content }, ...plain },
    ], first ? [card] : []);
    this.#step += 1n;
    this.#previous = signalIdentity(body);
    return encodeEnvelope(await run(signBody(this.signer, body)), [
      ...contents,
      ...(first ? [this.signer.bundle] : []),
    ]);
  }
}

Deno.test("node: neurons of one avatar are stated, left out, contradicted, taken back", () =>
  withNode(async (test) => {
    const server = await serveTestNode(test);
    try {
      const api = new RemoteNode({ url: server.url, token: "t".repeat(64) });
      const room = new Room();
      room.api = api;
      room.avatars = avatarCommands("system.json");
      const cli = async (...argv: string[]) => {
        const { code, out, err } = await room.run([
          ...argv,
          "--data",
          test.dataDir,
        ]);
        return { code, out, err };
      };
      const json = async (...argv: string[]) => {
        const { code, out, err } = await cli(...argv, "--json");
        strictEqual(code, 0, `${argv.join(" ")}: ${err}`);
        return JSON.parse(out);
      };
      const fails = async (...argv: string[]) => {
        const { code, err } = await cli(...argv);
        strictEqual(code, 1, `${argv.join(" ")}: ${err}`);
        return err;
      };
      const file = (name: string) => room.files.get(name) ?? new Uint8Array();

      // The avatar's key is here, and the node's own; the phone's is not.
      const phone = await Device.of(7);
      await run(keyCommands.create(test.dataDir, "ada"));
      const store = room.avatars;
      const { neuron: me } = await run(api.identity());
      await run(keyCommands.importPublic(
        test.dataDir,
        publicFile(phone.signer),
        "phone",
      ));
      match(await fails("avatar"), /states no avatar at height 0/);
      await json("avatar", "draw", "ada", "identity", "phone", "--out", "0");
      match(await fails("avatar", "check", "0"), /not signed by neuron 01/);
      match(await fails("avatar", "publish", "0"), /unsigned/);
      room.files.set("0", await phone.sign(file("0")));
      const checked = await json("avatar", "check", "0");
      deepStrictEqual([checked.holds, checked.edition], [true, 0]);
      const stranger = new RemoteNode({ url: server.url });
      strictEqual(
        (await refusalOf(stranger.stateAvatar(file("0")))).kind,
        "unauthorised",
      );
      strictEqual((await run(test.node.census)).height, 0, "no effect yet");
      const stated = await json("avatar", "publish", "0");
      deepStrictEqual(
        [stated.standing, stated.neurons, stated.avatar, stated.height],
        ["neuron", [me, phone.id].sort(), checked.avatar, 1],
      );
      deepStrictEqual(await json("avatar", "publish", "0"), stated, "once");
      deepStrictEqual(
        new Uint8Array(await run(api.content(stated.statement, 0, 1 << 20))),
        file("0"),
      );
      const plain = await fetch(`${server.url}/v1/avatars/${me}`);
      deepStrictEqual(await plain.json(), stated);
      // Nobody else has said so in this record yet.
      match(
        (await refusalOf(api.avatar(phone.id))).message,
        /states no avatar/,
      );
      await run(api.submitSigned(await phone.binds(file("0"))));
      const theirs = await run(api.avatar(phone.id));
      deepStrictEqual(
        [theirs.standing, theirs.by, theirs.height],
        ["neuron", phone.id, 2],
      );

      // The phone is lost: the next edition needs its hand no more.
      await json(
        "avatar",
        "draw",
        "ada",
        "identity",
        "--after",
        "0",
        "--out",
        "1",
      );
      const next = await json("avatar", "publish", "1");
      deepStrictEqual([next.edition, next.neurons], [1, [me]]);
      strictEqual((await run(api.avatar(phone.id))).standing, "left-out");
      strictEqual((await run(api.avatar(phone.id))).edition, 1);
      deepStrictEqual((await run(api.avatar(me, 2))).neurons.length, 2);
      match(await cli("avatar").then(({ out }) => out), /edition +1/);
      match(await fails("avatar", "publish", "0"), /edition 1 is stated/);

      // Another edition 1, signed as well: neither counts any more.
      const other = await run(store.draw(test.dataDir, {
        avatar: "ada",
        neurons: ["identity", "phone"],
        after: file("0"),
      }));
      const torn = await phone.sign(other.octets);
      await run(api.submitSigned(await phone.binds(torn)));
      match((await refusalOf(api.avatar(phone.id))).message, /contradiction/);
      // What this node's neuron bound does not lead to the phone.
      strictEqual((await run(api.avatar(me))).edition, 1);
      room.files.set("torn", torn);
      match(await fails("avatar", "publish", "torn"), /contradiction/);

      // A statement that does not name the one who bound it, and no statement.
      await run(api.submitSigned(await phone.binds(file("1"))));
      match((await refusalOf(api.avatar(phone.id))).message, /not name that/);
      await run(api.submitSigned(await phone.binds(utf8("a picture of me"))));
      match(
        (await refusalOf(api.avatar(phone.id))).message,
        /states nothing: malformed/,
      );
      const forged = file("0").slice();
      forged[forged.length - 1]! ^= 1;
      await run(api.submitSigned(await phone.binds(forged)));
      match(
        (await refusalOf(api.avatar(phone.id))).message,
        /states nothing: bad-signature/,
      );
      await foreign(api, room, phone);

      // Taken back, and given away: others' words about the name do not count.
      const removed = await json("name", "remove", "~me/avatar");
      match(await fails("avatar"), /states no avatar/);
      strictEqual(
        (await run(api.avatar(me, removed.height - 1))).edition,
        1,
      );
      strictEqual((await json("avatar", "publish", "1")).edition, 1);
      await json("name", "give", "~me/avatar", phone.id);
      match(await fails("avatar"), /states no avatar/);
      match(await fails("avatar", "publish", "1"), /was given to/);
      match(await fails("avatar", "--at", "999"), /has height/);
      strictEqual((await cli("avatar", "01ff")).code, 2);
      strictEqual((await cli("avatar", "draw", "ada")).code, 2);
    } finally {
      await server.close();
    }
  }));

/** What this node's neuron is not named in, it does not publish. */
async function foreign(
  api: RemoteNode,
  room: Room,
  phone: Device,
): Promise<void> {
  const tablet = await Device.of(8);
  const drawn = Effect.runSync(Effect.fromResult(drawUp({
    network: NETWORK,
    avatar: tablet.signer.bundle,
    neurons: [phone.signer.bundle],
    timeMs: 1,
  })));
  const octets = await tablet.sign(await phone.sign(drawn));
  const refusal = await refusalOf(api.stateAvatar(octets));
  strictEqual(refusal.kind, "unauthorised");
  match(refusal.message, /does not name this node's neuron/);
  room.files.set("foreign", octets);
  const { code, err } = await room.run(["avatar", "publish", "foreign"]);
  strictEqual(code, 1);
  match(err, /does not name/);
}

function publicFile({ bundle, id }: Signer): string {
  return writePublic({ name: "phone", id: toHex(id), bundle });
}
