/** What the page asks of the server: each endpoint it uses, typed. */

import type { ConsolidationReport, Kept, Life, Overview, PatternInfo, PatternMap, Progress, Recall, Similar, Metrics, Pages, Transfer } from "./answers.js";

/** A request that the server refused, with its code. */
export class Refused extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly hint: string | null,
  ) {
    super(message);
    this.name = "Refused";
  }
}

/** The server did not answer at all. */
export class Away extends Error {
  constructor() {
    super("The server does not answer");
    this.name = "Away";
  }
}

/** Which patterns to list. */
export interface Wanted {
  readonly category?: string | undefined;
  readonly state?: "active" | "quarantined" | undefined;
  readonly after?: string | undefined;
  readonly limit?: number;
}

/** Everything that the views need; `HttpApi` asks a server for it. */
export interface Api {
  overview(): Promise<Overview>;
  progress(): Promise<Progress>;
  map(): Promise<PatternMap>;
  patterns(wanted: Wanted): Promise<Pages>;
  life(id: string): Promise<Life>;
  pattern(id: string): Promise<PatternInfo>;
  similar(text: string, category: string | null, most: number): Promise<Similar[]>;
  recall(text: string, category: string | null, most: number): Promise<Recall>;
  tellOutcome(id: string, success: boolean): Promise<void>;
  setState(id: string, state: "active" | "quarantined", version: number): Promise<PatternInfo>;
  consolidations(most: number): Promise<Kept[]>;
  consolidate(dryRun: boolean): Promise<ConsolidationReport>;
  undo(id: string): Promise<number>;
  metrics(lastSeconds: number): Promise<Metrics>;
  exported(): Promise<Blob>;
  imported(file: Blob, origin: string): Promise<Transfer>;
  /** Tell of each change until the signal ends it. */
  events(told: (overview: Overview) => void, signal: AbortSignal): Promise<void>;
}

const JSON_TYPE = "application/json";
const LINES = "application/x-ndjson";

/** Ask the server that served this page. */
export class HttpApi implements Api {
  readonly #token: string;

  constructor(token: string) {
    this.#token = token;
  }

  overview(): Promise<Overview> {
    return this.#get("/v1/overview");
  }
  progress(): Promise<Progress> {
    return this.#get("/v1/progress");
  }
  map(): Promise<PatternMap> {
    return this.#get("/v1/map");
  }
  patterns({ category, state, after, limit = 50 }: Wanted): Promise<Pages> {
    const query = new URLSearchParams({ newest_first: "true", limit: String(limit) });
    if (category !== undefined) query.set("category", category);
    if (state !== undefined) query.set("state", state);
    if (after !== undefined) query.set("after", after);
    return this.#get(`/v1/patterns?${query.toString()}`);
  }
  life(id: string): Promise<Life> {
    return this.#get(`/v1/patterns/${encodeURIComponent(id)}/life`);
  }
  pattern(id: string): Promise<PatternInfo> {
    return this.#get(`/v1/patterns/${encodeURIComponent(id)}`);
  }
  similar(text: string, category: string | null, most: number): Promise<Similar[]> {
    return this.#send("POST", "/v1/similar", { task_description: text, category, top_k: most });
  }
  recall(text: string, category: string | null, most: number): Promise<Recall> {
    return this.#send("POST", "/v1/recalls", { task_description: text, category, k: most });
  }
  async tellOutcome(id: string, success: boolean): Promise<void> {
    await this.#send("POST", `/v1/patterns/${encodeURIComponent(id)}/outcomes`, { success, source: "human" });
  }
  setState(id: string, state: "active" | "quarantined", version: number): Promise<PatternInfo> {
    return this.#send("PATCH", `/v1/patterns/${encodeURIComponent(id)}`, { state, if_version: version });
  }
  consolidations(most: number): Promise<Kept[]> {
    return this.#get(`/v1/consolidations?limit=${String(most)}`);
  }
  consolidate(dryRun: boolean): Promise<ConsolidationReport> {
    return this.#send("POST", "/v1/consolidations", { dry_run: dryRun, everything: true });
  }
  async undo(id: string): Promise<number> {
    const { undone } = await this.#send<{ undone: number }>("POST", `/v1/consolidations/${encodeURIComponent(id)}/undo`);
    return undone;
  }
  metrics(lastSeconds: number): Promise<Metrics> {
    return this.#get(`/v1/metrics?last_seconds=${String(lastSeconds)}`);
  }
  async exported(): Promise<Blob> {
    return (await this.#ask("/v1/export", {})).blob();
  }
  async imported(file: Blob, origin: string): Promise<Transfer> {
    const query = new URLSearchParams({ origin, on_invalid: "skip" });
    const answer = await this.#ask(`/v1/import?${query.toString()}`, { method: "POST", body: file, headers: { "content-type": LINES } });
    return (await answer.json()) as Transfer;
  }

  // EventSource cannot show a token, so the stream is read by hand.
  async events(told: (overview: Overview) => void, signal: AbortSignal): Promise<void> {
    const answer = await this.#ask("/v1/events", { signal });
    const reader = answer.body!.getReader();
    const decoder = new TextDecoder();
    let waiting = "";
    for (;;) {
      const { done, value } = await reader.read().catch(() => {
        throw new Away();
      });
      if (done) return;
      waiting += decoder.decode(value, { stream: true });
      const blocks = waiting.split("\n\n");
      waiting = blocks.pop()!;
      for (const block of blocks) {
        const data = block.split("\n").filter((line) => line.startsWith("data: "));
        if (data.length > 0) told(JSON.parse(data.map((line) => line.slice(6)).join("\n")) as Overview);
      }
    }
  }

  async #get<T>(path: string): Promise<T> {
    return (await (await this.#ask(path, {})).json()) as T;
  }

  async #send<T>(method: string, path: string, body?: object): Promise<T> {
    const given = body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { "content-type": JSON_TYPE } };
    return (await (await this.#ask(path, given)).json()) as T;
  }

  async #ask(path: string, given: RequestInit): Promise<Response> {
    const headers = { ...(given.headers as Record<string, string> | undefined), authorization: `Bearer ${this.#token}` };
    let answer: Response;
    try {
      answer = await fetch(path, { ...given, headers, cache: "no-store" });
    } catch {
      throw new Away();
    }
    if (!answer.ok) throw await refusedBy(answer);
    return answer;
  }
}

async function refusedBy(answer: Response): Promise<Refused> {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text) as { error: { code: string; message: string; hint: string | null } };
    return new Refused(answer.status, error.code, error.message, error.hint);
  } catch {
    return new Refused(answer.status, "unexpected", text || answer.statusText, null);
  }
}
