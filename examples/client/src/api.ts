// The service as the app calls it: the client generated from its OpenAPI document, a key, and problems that are thrown.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type Api = Client<paths>;
export type Fact = components["schemas"]["Event"];
export type Proposal = components["schemas"]["Proposal"];
export type Problem = components["schemas"]["Problem"];
export type Checkpoint = components["schemas"]["SyncCheckpoint"];
export type PushItem = components["schemas"]["SyncPush"]["items"][number];
export type Refusal = components["schemas"]["ItemProblem"];
export type Verdict = components["schemas"]["ItemVerdict"];

/** A call that was answered with a problem. `retryAfterS` is there when trying again may help. */
export class ProblemAnswer extends Error {
  readonly retryAfterS: number | undefined;

  constructor(readonly problem: Problem, response: Response) {
    super(`${problem.title}: ${problem.detail}`);
    const seconds = response.headers.get("Retry-After");
    this.retryAfterS = seconds === null ? undefined : Number(seconds);
  }

  is(slug: string): boolean {
    return this.problem.type === `/problems/${slug}`;
  }
}

export function connect(url: string, key: string, send: typeof fetch = fetch): Api {
  // Wrapped, because a browser's fetch is to be called by itself.
  return createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` }, fetch: (sent) => send(sent) });
}

/** What a call answers; throws `ProblemAnswer`, or what `fetch` throws when there is no answer. */
export async function answered<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) return data as T;
  throw new ProblemAnswer(error as Problem, response);
}
