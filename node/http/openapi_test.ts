/** The published document itself. */
import { ok, strictEqual } from "node:assert/strict";
import { Result, Schema } from "effect";
import { openApiDocument } from "./own_routes.ts";
import { published } from "./testing_published.ts";

Deno.test("http: the published schemas refuse a wrong answer (control)", () => {
  const document = openApiDocument("0");
  const schema = published(document, { $ref: "#/components/schemas/Particle" });
  const wrong = { cid: "zz", known: 1 };
  ok(Result.isFailure(
    Schema.decodeUnknownResult(schema as Schema.Codec<unknown>)(wrong),
  ));
});

Deno.test("http: every reference of the document leads somewhere", () => {
  const document = openApiDocument("0");
  const text = JSON.stringify(document);
  for (const [, name = ""] of text.matchAll(/schemas\/([A-Za-z]+)"/gu)) {
    ok(name in document.components.schemas, name);
  }
  strictEqual(document.openapi, "3.1.0");
  ok(!text.includes("$defs"));
});
