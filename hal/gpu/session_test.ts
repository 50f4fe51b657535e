/** Attaching without waiting, over a link that answers when it is told to. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { NO_DEVICE } from "./absent.ts";
import type { AttachAnswer, GpuLink, GpuNews } from "./link.ts";
import { GpuSession } from "./session.ts";

const WISH = { power: "any", software: true } as const;
const HERE: AttachAnswer = {
  tag: "attached",
  device: { name: "one", kind: "reference", limits: NO_DEVICE.limits },
};

class Link implements GpuLink {
  readonly news: GpuNews[] = [];
  readonly begun: number[] = [];
  detached = 0;
  readonly nowUs = () => 0;
  readonly ask = () => true;
  readonly withdraw = () => true;
  readonly release = () => {};
  readonly attach = () => HERE;
  readonly beginAttach = (attachment: number) => {
    this.begun.push(attachment);
  };
  readonly detach = () => {
    this.detached += 1;
  };
  readonly receive = () => this.news.shift();
  readonly wait = () => {};

  answer(attachment: number, answer: AttachAnswer): void {
    this.news.push({ tag: "attach", attachment, answer });
  }
}

Deno.test("session: a device that is attached soon is there once it came, and once only", () => {
  const link = new Link();
  const session = new GpuSession(link, 4);
  const { gpu, control } = session;
  session.attachSoon(WISH);
  session.attachSoon(WISH);
  deepStrictEqual(link.begun, [1], "one at a time");
  strictEqual(gpu.health().tag, "failed");
  deepStrictEqual(control.attach(WISH), {
    tag: "err",
    val: { tag: "failed", val: "one is being attached" },
  });
  link.answer(1, HERE);
  deepStrictEqual(gpu.health(), { tag: "ok" });
  strictEqual(gpu.describe().attachment, 1);
  session.attachSoon(WISH);
  deepStrictEqual(link.begun, [1], "it is there");
  link.news.push({ tag: "lost", attachment: 1, why: "pulled" });
  session.attachSoon(WISH);
  deepStrictEqual(link.begun, [1, 2]);
  link.answer(2, { tag: "absent", why: "none left" });
  deepStrictEqual(gpu.health(), { tag: "failed", val: "none left" });
});

Deno.test("session: what is detached meanwhile does not come back", () => {
  const link = new Link();
  const session = new GpuSession(link, 4);
  session.attachSoon(WISH);
  strictEqual(session.control.detach().tag, "err");
  strictEqual(link.detached, 1);
  link.answer(1, HERE);
  strictEqual(session.gpu.health().tag, "failed");
  session.died("gone");
  session.attachSoon(WISH);
  deepStrictEqual(link.begun, [1], "a dead driver was asked");
});
