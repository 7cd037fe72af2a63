// What the compiler knows of the generated types, held fast: the build fails when it knows less. Nothing is run here.
import type { Fact, Proposal } from "./api.js";

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
export function line(event: Fact): string {
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
