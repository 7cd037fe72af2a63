// Calls of an app that is online, such as a browser at a desk: reading again, writing on what one has seen, insisting.
import { type Api, answered, type Fact, ProblemAnswer, type Proposal } from "./api.js";

export type Seen = { facts: Fact[]; etag: string };

/** The newest facts of a deal; null when they are those one has seen already. */
export async function lookAgain(api: Api, stream_id: string, seen?: Seen): Promise<Seen | null> {
  const header = seen ? { "If-None-Match": seen.etag } : {};
  const params = { path: { stream_id }, query: { direction: "backward" as const, limit: 20 }, header };
  const call = await api.GET("/v1/deals/{stream_id}/events", { params });
  if (call.response.status === 304) return null;
  const { events } = await answered(Promise.resolve(call));
  return { facts: events, etag: call.response.headers.get("ETag")! };
}

/** Record on what was seen. When somebody was faster, `still` decides over what was missed, and it is tried again. */
export async function record(
  api: Api,
  stream_id: string,
  seen: string,
  proposal: Proposal,
  still: (missed: Fact[]) => boolean,
): Promise<Fact[] | null> {
  const body = { ...proposal, event_id: proposal.event_id ?? crypto.randomUUID() };
  for (let etag = seen; ; ) {
    const params = { path: { stream_id }, header: { "If-Match": etag } };
    try {
      return (await insist(() => answered(api.POST("/v1/deals/{stream_id}/events", { params, body })))).events;
    } catch (failure) {
      if (!(failure instanceof ProblemAnswer && failure.is("version-mismatch"))) throw failure;
      if (!still(failure.problem.missed ?? [])) return null;
      etag = `"${failure.problem.current_version}"`;
    }
  }
}

const WAIT_S_MAX = 60;

/** Try until there is an answer. The event id in the body makes it recorded once, however often it is sent. */
export async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (let wait_s = 0.5; ; wait_s = Math.min(2 * wait_s, WAIT_S_MAX)) {
    try {
      return await attempt();
    } catch (failure) {
      const answer = failure instanceof ProblemAnswer ? failure : undefined;
      // Other answers will be the same next time; a TypeError is what fetch throws when there is none.
      if (answer ? answer.retryAfterS === undefined : !(failure instanceof TypeError)) throw failure;
      const pause_s = answer?.retryAfterS ?? wait_s * (0.5 + Math.random() / 2);
      await new Promise((done) => setTimeout(done, pause_s * 1000));
    }
  }
}

/** Every page of a list. */
export async function* pages(api: Api): AsyncGenerator<string> {
  let cursor: string | undefined;
  do {
    const query = { limit: 100, status: "closed" as const, ...(cursor ? { cursor } : {}) };
    const page = await answered(api.GET("/v1/deals", { params: { query } }));
    yield* page.items.map((deal) => deal.title ?? "");
    cursor = new URLSearchParams(page.next?.split("?")[1]).get("cursor") ?? undefined;
  } while (cursor);
}
