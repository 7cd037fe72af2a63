// A fact as a device keeps it: what its own user says and what it pulled have one shape, so that screens show one list.
import type { RxJsonSchema } from "rxdb";
import type { Fact, Refusal, Verdict } from "./api.js";

export type FactDocument = {
  event_id: string;
  stream_id: string;
  type: string;
  occurred_at: string;
  data: Record<string, unknown> | null; // null: all of it was erased; what was erased of it reads "[erased]"
  /** `waiting` to be pushed or decided; `recorded` in the log; `refused` for good, with the `problem`. */
  state: "waiting" | "recorded" | "refused";
  /** Which device it was said on. */
  device_id?: string;
  /** Where it is in this installation's sequence; absent once it was pulled. */
  device_sequence?: number;
  /** What the service said last: why it waits. */
  verdict?: Verdict;
  problem?: Refusal;
  /** How often it was asked about again. Changing it makes RxDB push it. */
  asked?: number;
  position?: number;
  stream_version?: number;
};

/** What stays of it when an app is installed anew, or begins again after a restore. */
export type Said = Pick<FactDocument, "event_id" | "stream_id" | "type" | "occurred_at" | "data">;

export type DeviceDocument = {
  id: "this";
  device_id: string;
  epoch: number;
  next_sequence: number;
  /** What the service told: the number it expects next, and how far the clock is ahead. */
  expected: number;
  ahead_s: number;
};

export const factSchema: RxJsonSchema<FactDocument> = {
  version: 0,
  primaryKey: "event_id",
  type: "object",
  properties: {
    event_id: { type: "string", maxLength: 36 },
    stream_id: { type: "string", maxLength: 48 },
    type: { type: "string" },
    occurred_at: { type: "string" },
    data: { type: ["object", "null"] },
    state: { type: "string", enum: ["waiting", "recorded", "refused"], maxLength: 8 },
    device_id: { type: "string" },
    device_sequence: { type: "integer" },
    verdict: { type: "object" },
    problem: { type: "object" },
    asked: { type: "integer" },
    position: { type: "integer" },
    stream_version: { type: "integer" },
  },
  required: ["event_id", "stream_id", "type", "occurred_at", "state"],
  indexes: ["stream_id", "state"],
};

export const deviceSchema: RxJsonSchema<DeviceDocument> = {
  version: 0,
  primaryKey: "id",
  type: "object",
  properties: {
    id: { type: "string", maxLength: 8 },
    device_id: { type: "string" },
    epoch: { type: "integer" },
    next_sequence: { type: "integer" },
    expected: { type: "integer" },
    ahead_s: { type: "number" },
  },
  required: ["id", "device_id", "epoch", "next_sequence", "expected", "ahead_s"],
};

/** The document of a recorded fact. */
export function pulled(fact: Fact): FactDocument {
  const { event_id, stream_id, type, occurred_at, position, stream_version } = fact;
  const data = fact.data as FactDocument["data"];
  const said = fact.device_id ? { device_id: fact.device_id } : {};
  return { event_id, stream_id, type, occurred_at, data, state: "recorded", position, stream_version, ...said };
}
