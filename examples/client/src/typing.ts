// A small client that a frontend would write, compiled with --strict against the generated types. Nothing is run here.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Proposal = components["schemas"]["Proposal"];
type Event = components["schemas"]["Event"];
type Problem = components["schemas"]["Problem"];

const api = createClient<paths>({ baseUrl: "http://127.0.0.1:8000" });

/** Proposals narrow on `type`: the compiler knows which data belongs to which. */
export function summary(proposal: Proposal): string {
  switch (proposal.type) {
    case "objection.raised":
      return `${proposal.data.dimension}: ${proposal.data.statement}`;
    case "commitment.made":
      return `${proposal.data.debtor} owes ${proposal.data.creditor}`;
    case "note.recorded":
      // @ts-expect-error a note has no severity
      return proposal.data.severity ?? proposal.data.text;
    default:
      return proposal.type;
  }
}

/** So do events, which have a place in the log and null instead of erased data. */
export function line(event: Event): string {
  const place = `${event.position} ${event.stream_id}@${event.stream_version} ${event.recorded_at}`;
  if (event.type === "deal.closed") {
    return `${place} ${event.data?.outcome ?? "erased"}`;
  }
  if (event.type === "force.observed") {
    // @ts-expect-error data may be erased
    return `${place} ${event.data.force}`;
  }
  return place;
}

export const objection: Proposal = {
  type: "objection.raised",
  data: {
    dimension: "product",
    category: "risk",
    statement: "What if the night shift cannot use it?",
    raised_by: "0190c5a0-7b1e-7000-8000-000000000002",
  },
};

export const unknown: Proposal = {
  // @ts-expect-error no such type
  type: "objection.rised",
  data: { text: "x" },
};

// @ts-expect-error the text is missing
export const wordless: Proposal = { type: "note.recorded", data: {} };

export async function record(key: string, deal: string, facts: Proposal[], seen: string): Promise<Event[]> {
  const { data, error, response } = await api.POST("/v1/deals/{stream_id}/events", {
    params: { path: { stream_id: deal }, header: { "If-Match": seen } },
    headers: { Authorization: `Bearer ${key}` },
    body: { facts },
  });
  if (data) return data.events;
  const problem: Problem = error;
  if (response.status === 412 && problem.missed) {
    for (const event of problem.missed) line(event);
  }
  throw new Error(`${problem.title}: ${problem.detail}`);
}

export async function open(key: string, title: string): Promise<string | null> {
  const { data, response } = await api.POST("/v1/deals", {
    headers: { Authorization: `Bearer ${key}` },
    body: { type: "deal.opened", data: { title } },
  });
  return data ? response.headers.get("Location") : null;
}

export async function stage(key: string, deal: string): Promise<string | null> {
  const { data } = await api.GET("/v1/deals/{stream_id}", {
    params: { path: { stream_id: deal }, query: { as_of: "2026-05-01T09:00:00Z", known_at: 12 } },
    headers: { Authorization: `Bearer ${key}` },
  });
  return data?.state.kind === "deal" ? data.state.stage : null;
}

export async function* all(key: string, deal: string): AsyncGenerator<Event> {
  let cursor: string | undefined;
  do {
    const { data } = await api.GET("/v1/deals/{stream_id}/events", {
      params: { path: { stream_id: deal }, query: { limit: 500, ...(cursor ? { cursor } : {}) } },
      headers: { Authorization: `Bearer ${key}` },
    });
    yield* data?.events ?? [];
    cursor = new URLSearchParams(data?.next?.split("?")[1]).get("cursor") ?? undefined;
  } while (cursor);
}
