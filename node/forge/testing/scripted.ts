/** An OpenAI-compatible endpoint on loopback that says what a script says. */

/** What it received, and the response that it gives. */
export type Turn = (asked: Asked) => Response | Promise<Response>;

export interface Asked {
  readonly path: string;
  readonly authorization: string | null;
  readonly model: string;
  readonly messages: ReadonlyArray<{ role: string; content: string }>;
  readonly max_tokens: number;
}

export interface Scripted {
  readonly base: string;
  readonly asked: ReadonlyArray<Asked>;
  stop(): Promise<void>;
}

export function scripted(turns: ReadonlyArray<Turn>): Scripted {
  const asked: Asked[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const turn = turns[asked.length];
      const { model, messages, max_tokens } = await request.json();
      const one = {
        path: new URL(request.url).pathname,
        authorization: request.headers.get("authorization"),
        ...{ model, messages, max_tokens },
      };
      asked.push(one);
      return turn === undefined
        ? new Response("the script is over", { status: 400 })
        : await turn(one);
    },
  );
  return {
    base: `http://127.0.0.1:${server.addr.port}/v1`,
    asked,
    stop: () => server.shutdown(),
  };
}

/** A chat completion with this text. */
export function says(content: string, tokens: number | null = 100): Turn {
  return () =>
    Response.json({
      choices: [{
        index: 0,
        message: { role: "assistant", content },
        finish_reason: "stop",
      }],
      ...(tokens === null ? {} : { usage: { total_tokens: tokens } }),
    });
}

/** A response as it stands. */
export function gives(
  body: string,
  status: number,
  headers: Record<string, string> = {},
): Turn {
  return () => new Response(body, { status, headers });
}
