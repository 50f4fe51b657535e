import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import type { Message } from "../../wit/abi/message.ts";
import { progressMessage } from "../../wit/gen/kernel_background_messages.ts";
import type { Standing } from "../../wit/gen/rank_ranks.ts";
import {
  rankedMessage,
  standingMessage,
} from "../../wit/gen/rank_ranks_messages.ts";
import { channelWords, makeChannel } from "./channel.ts";
import { Sender } from "./sender.ts";
import { TypedReceiver, TypedSender, typeWords } from "./typed.ts";
import { SharedWords } from "./words.ts";

const STANDING: Standing = {
  version: 1n,
  height: 2n ** 63n,
  particles: 3,
  links: 4n,
  iterations: 5,
  residual: -0,
  bound: 1e-9,
  syntropy: Infinity,
  ageMs: 6n,
  computing: true,
  confirmed: true,
};

function memory(message: Message<unknown> = standingMessage): SharedWords {
  const words = new SharedWords(new SharedArrayBuffer(channelWords(1024) * 4));
  makeChannel(words, 1024, typeWords(message));
  return words;
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

Deno.test("values travel, each end naming their type", () => {
  const words = memory();
  const sender = attached(TypedSender.attach(words, standingMessage, 1));
  const receiver = attached(TypedReceiver.attach(words, standingMessage, 1));
  strictEqual(receiver.next(), "empty");
  let sent = 0;
  while (sender.send({ ...STANDING, iterations: sent }) === undefined) sent++;
  ok(sent > 5);
  for (let at = 0; at < sent; at++) {
    strictEqual(receiver.next(), "taken");
    deepStrictEqual(receiver.value, { ...STANDING, iterations: at });
  }
  receiver.release();
  strictEqual(receiver.next(), "empty");
});

Deno.test("what was put is there when it is committed", () => {
  const words = memory();
  const sender = attached(TypedSender.attach(words, standingMessage, 1));
  const receiver = attached(TypedReceiver.attach(words, standingMessage, 1));
  sender.put(STANDING);
  strictEqual(receiver.next(), "empty");
  sender.commit();
  strictEqual(receiver.next(), "taken");
});

Deno.test("another type is refused, at both ends", () => {
  const words = memory();
  strictEqual(TypedSender.attach(words, rankedMessage, 1), "other-type");
  strictEqual(TypedReceiver.attach(words, rankedMessage, 1), "other-type");
  strictEqual(Sender.attach(words, 1), "other-type");
});

Deno.test("a malformed message is refused, and the next one is not", () => {
  const words = memory(progressMessage);
  const type = typeWords(progressMessage);
  const raw = attached(Sender.attach(words, 1, 0, type));
  const receiver = attached(TypedReceiver.attach(words, progressMessage, 1));
  raw.send(new Uint8Array(7));
  raw.send(new Uint8Array(8).fill(2));
  raw.send(new Uint8Array(8));
  strictEqual(receiver.next(), "malformed");
  ok(receiver.malformed?.includes("outside the block"));
  strictEqual(receiver.next(), "malformed");
  strictEqual(receiver.malformed, "a discriminant that no case has");
  strictEqual(receiver.next(), "taken");
  strictEqual(receiver.value.tag, "more");
});
