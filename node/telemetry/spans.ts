/**
 * Requests and the calls of cells as OpenTelemetry spans, through the API that
 * Deno itself answers where `OTEL_DENO=true`.
 *
 * One request in so many is followed into the cells: its span is the child of
 * the one that Deno makes for every request, and each call of a cell is a child
 * of the call that made it. Where nobody collects, there is no tracer, and a
 * call costs a look at a word.
 *
 * Deliberately absent: an exporter, and its settings. They are Deno's
 * (`OTEL_EXPORTER_OTLP_ENDPOINT` and the like).
 */
import {
  context,
  ProxyTracerProvider,
  type Span as OtelSpan,
  SpanStatusCode,
  trace,
  type Tracer,
} from "@opentelemetry/api";
import type { Span, Trace } from "../../kernel/call/trace.ts";

const NAME = "karyon";

/** Spans of requests: what the HTTP server asks for. */
export interface RequestSpans {
  /** The span of this request, if it is one of those that are followed. */
  begin(route: string): Span | undefined;
  /** Without a status it was refused or broke. */
  end(span: Span, status: number | undefined): void;
}

export interface Spans {
  readonly cells: Trace;
  readonly requests: RequestSpans;
}

/** Nothing where no tracer is registered. */
export function spansOf(every: number): Spans | undefined {
  const provider = trace.getTracerProvider();
  // Until somebody registers one, the API has a stand-in that records nothing.
  if (provider instanceof ProxyTracerProvider) return undefined;
  const tracer = provider.getTracer(NAME);
  return { cells: cellSpans(tracer), requests: requestSpans(tracer, every) };
}

/** The kernel hands back what it was given here, and nothing else. */
const own = (span: Span) => span as OtelSpan;

function cellSpans(tracer: Tracer): Trace {
  return {
    begin: (parent, cell, during) =>
      tracer.startSpan(
        `${cell} ${during.slice(during.indexOf("/") + 1)}`,
        { attributes: { "karyon.cell": cell, "karyon.call": during } },
        trace.setSpan(context.active(), own(parent)),
      ),
    end: (span, absence) => {
      if (absence !== undefined) {
        own(span).setStatus({ code: SpanStatusCode.ERROR, message: absence });
      }
      own(span).end();
    },
  };
}

function requestSpans(tracer: Tracer, every: number): RequestSpans {
  let requests = 0;
  return {
    begin: (route) => {
      requests += 1;
      if (requests % every !== 0) return undefined;
      const span = tracer.startSpan(`request ${route}`, {
        attributes: { "http.route": route },
      });
      return span.isRecording() ? span : undefined;
    },
    end: (span, status) => {
      if (status !== undefined) {
        own(span).setAttribute("http.response.status_code", status);
      } else own(span).setStatus({ code: SpanStatusCode.ERROR });
      own(span).end();
    },
  };
}
