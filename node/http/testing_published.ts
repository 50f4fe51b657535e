/** Schemas as a client makes them: of the published document. */
import { type Schema, SchemaRepresentation } from "effect";
import type { OpenApi } from "./openapi.ts";

/** A schema made of the published document, not of our own source. */
export function published(document: OpenApi, schema: unknown): Schema.Top {
  const moved = (value: unknown) =>
    JSON.parse(
      JSON.stringify(value).replaceAll("#/components/schemas/", "#/$defs/"),
    );
  return SchemaRepresentation.fromJsonSchemaDocument({
    dialect: "draft-2020-12",
    schema: moved(schema),
    definitions: moved(document.components.schemas),
  }, { patterns: "apply" });
}
