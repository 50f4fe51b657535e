/**
 * The OpenAPI 3.1 document, made of the table of routes and its schemas.
 *
 * Nothing in it is written by hand, so it says what the server does.
 */
import { Schema } from "effect";
import { ProblemAnswer } from "./schemas.ts";
import type { Parameters } from "./params.ts";
import { pathValueForm, type Route } from "./route.ts";

type Json = Record<string, unknown>;

export interface OpenApi {
  readonly openapi: string;
  readonly info: Json;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Json>>;
    readonly securitySchemes: Json;
  };
}

/** The document for these routes. */
export function openApi(
  routes: ReadonlyArray<Route>,
  version: string,
): OpenApi {
  const schemas = new SchemaCollector();
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const methods = paths[route.path] ??= {};
    methods[route.method.toLowerCase()] = operation(route, schemas);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Karyon node",
      version,
      summary: "A cybergraph: links, ranks, search and governance",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    paths,
    components: {
      schemas: schemas.all(),
      securitySchemes: {
        operator: {
          type: "http",
          scheme: "bearer",
          description: "The token in node.json of the data directory",
        },
      },
    },
  };
}

function operation(route: Route, schemas: SchemaCollector): Json {
  const bodies = route.bodies.map((form) => [
    form.type,
    form.schema === undefined ? {} : {
      schema: schemas.refer(form.schema, form.type === "application/json"),
    },
  ]);
  const restricted = route.right === "operator" ||
    route.bodies.some((form) => form.right === "operator");
  const about = route.bodies.map((form) => `${form.type}: ${form.about}.`);
  return {
    operationId: route.name,
    summary: route.about,
    ...(about.length === 0 ? {} : { description: about.join(" ") }),
    parameters: [
      ...pathParameters(route.path),
      ...queryParameters(
        route.query,
        schemas,
      ),
    ],
    ...(bodies.length === 0 ? {} : {
      requestBody: { required: true, content: Object.fromEntries(bodies) },
    }),
    responses: responses(route, schemas),
    ...(restricted ? { security: [{ operator: [] }] } : {}),
  };
}

function responses(route: Route, schemas: SchemaCollector): Json {
  const good = route.answers.map((answer) => [
    String(answer.status),
    {
      description: answer.about,
      ...(answer.status === 304 ? {} : {
        content: {
          [answer.type]: answer.schema === undefined
            ? {}
            : { schema: schemas.refer(answer.schema, false) },
        },
      }),
    },
  ]);
  return {
    ...Object.fromEntries(good),
    default: {
      description: "A refusal: nothing was changed",
      content: {
        "application/problem+json": {
          schema: schemas.refer(ProblemAnswer, false),
        },
      },
    },
  };
}

function pathParameters(path: string): ReadonlyArray<Json> {
  return [...path.matchAll(/\{([a-z]+)\}/gu)].map(([, name = ""]) => {
    const { pattern, about } = pathValueForm(name);
    return {
      name,
      in: "path",
      required: true,
      description: about,
      schema: { type: "string", pattern },
    };
  });
}

function queryParameters(
  declared: Parameters,
  schemas: SchemaCollector,
): ReadonlyArray<Json> {
  return Object.entries(declared).map(([name, parameter]) => {
    const schema = schemas.refer(parameter.schema, true);
    const required = parameter.kind === "text" && parameter.required;
    return {
      name,
      in: "query",
      required,
      description: `${parameter.about}: ${parameter.bounds}`,
      schema: parameter.kind === "integer"
        ? { ...schema, default: parameter.otherwise }
        : schema,
    };
  });
}

/** Makes JSON Schemas, and keeps the named ones once. */
class SchemaCollector {
  readonly #named = new Map<string, Json>();

  /** `closed`: unknown fields are refused, as for bodies. */
  refer(schema: Schema.Top, closed: boolean): Json {
    const document = Schema.toJsonSchemaDocument(schema, {
      onExcessProperty: closed ? "error" : "ignore",
      generateDescriptions: false,
    });
    for (const [name, definition] of Object.entries(document.definitions)) {
      this.#named.set(name, relocated(definition));
    }
    return relocated(document.schema);
  }

  all(): Record<string, Json> {
    return Object.fromEntries(
      [...this.#named].sort(([a], [b]) => a < b ? -1 : 1),
    );
  }
}

/** The same schema with its references into the OpenAPI document. */
function relocated(schema: object): Json {
  const text = JSON.stringify(schema).replaceAll(
    '"$ref":"#/$defs/',
    '"$ref":"#/components/schemas/',
  );
  return JSON.parse(text);
}
