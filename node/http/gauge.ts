/**
 * What the server counts about itself, as Prometheus text.
 */

interface RouteCount {
  requests: number;
  seconds: number;
}

export class Gauge {
  inFlight = 0;
  writesInFlight = 0;
  /** By route name and status; both come from small fixed sets. */
  readonly #counts = new Map<string, RouteCount>();

  count(route: string, status: number, seconds: number): void {
    const labels = `route="${route}",status="${status}"`;
    const known = this.#counts.get(labels);
    const count = known ?? { requests: 0, seconds: 0 };
    count.requests += 1;
    count.seconds += seconds;
    if (known === undefined) this.#counts.set(labels, count);
  }

  /** Text exposition, version 0.0.4. */
  text(bodyOctets: number): string {
    const lines = [
      "# HELP karyon_http_requests_total Requests answered.",
      "# TYPE karyon_http_requests_total counter",
      ...this.#lines(
        "karyon_http_requests_total",
        ({ requests }) => String(requests),
      ),
      "# HELP karyon_http_seconds_total Seconds spent answering.",
      "# TYPE karyon_http_seconds_total counter",
      ...this.#lines(
        "karyon_http_seconds_total",
        ({ seconds }) => seconds.toFixed(6),
      ),
      "# HELP karyon_http_in_flight Requests being answered.",
      "# TYPE karyon_http_in_flight gauge",
      `karyon_http_in_flight ${this.inFlight}`,
      "# HELP karyon_http_body_bytes Octets of bodies held.",
      "# TYPE karyon_http_body_bytes gauge",
      `karyon_http_body_bytes ${bodyOctets}`,
    ];
    return lines.join("\n") + "\n";
  }

  #lines(
    name: string,
    value: (count: RouteCount) => string,
  ): ReadonlyArray<string> {
    return [...this.#counts].sort(([a], [b]) => a < b ? -1 : 1).map((
      [labels, count],
    ) => `${name}{${labels}} ${value(count)}`);
  }
}
