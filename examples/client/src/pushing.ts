// RxDB's push handler: documents that wait become items of a push, and verdicts become what the documents say next.
import type { RxCollection, RxReplicationWriteToMasterRow, WithDeleted } from "rxdb";
import { type Api, answered, ProblemAnswer, type PushItem, type Verdict } from "./api.js";
import { type DeviceDocument, type FactDocument, pulled } from "./facts.js";

type Row = RxReplicationWriteToMasterRow<FactDocument>;
type Master = WithDeleted<FactDocument>;

/** What the push handler needs of the device that it pushes for. */
export type Pushing = {
  api: Api;
  facts: RxCollection<FactDocument>;
  device: () => Promise<DeviceDocument>;
  keep: (told: Pick<DeviceDocument, "expected" | "ahead_s">) => Promise<void>;
  askSoon: () => void;
  isRestored: () => void;
  now: () => Date;
};

/** The handler. What it returns are RxDB's conflicts: documents of which the service says something else. */
export function pushHandler(app: Pushing): (rows: Row[]) => Promise<Master[]> {
  // A device has one push under way at a time; RxDB may call for several batches at once.
  let turn: Promise<unknown> = Promise.resolve();
  return (rows) => {
    const mine = turn.then(() => push(app, rows));
    turn = mine.catch(() => undefined);
    return mine;
  };
}

async function push(app: Pushing, rows: Row[]): Promise<Master[]> {
  const ours = rows.map((row) => row.newDocumentState).filter((fact) => fact.state === "waiting");
  const back = rows.flatMap(undone);
  if (ours.length === 0) return back;
  const waiting = await earlier(app, ours);
  let { answer, verdicts } = await send(app, ours, waiting);
  if (answer.items.some((verdict) => verdict.reason === "clock")) {
    // Stamped by a clock that is ahead: what was recorded of the same push is a duplicate the second time.
    for (const fact of ours) {
      if (verdicts.get(fact.device_sequence!)?.reason !== "clock") continue;
      fact.occurred_at = new Date(Date.parse(fact.occurred_at) - answer.device_ahead_s * 1000).toISOString();
    }
    ({ answer, verdicts } = await send(app, ours, waiting));
  }
  const stop = answer.items.find((verdict) => verdict.reason === "busy" || verdict.reason === "overload");
  // Thrown, so that RxDB sends all of them again after a while: what was recorded is a duplicate then.
  if (stop) throw new Error(`not now: ${stop.reason}`);
  if (answer.expected_sequence >= (await app.device()).expected) await closeGap(app, answer.items);
  const told = ours.map((fact) => settled(app, fact, verdicts.get(fact.device_sequence!)!));
  return [...back, ...(await Promise.all(told)).flat()];
}

async function send(app: Pushing, facts: Master[], waiting: Map<string, number>) {
  const { device_id, epoch, expected } = await app.device();
  const items = facts.map((fact) => item(fact, waiting));
  const body = { device_id, epoch, device_now: app.now().toISOString(), items };
  const answer = await answered(app.api.POST("/v1/sync/push", { body }));
  // It never goes back, unless the service was restored from a backup that is older.
  if (answer.expected_sequence < expected) app.isRestored();
  await app.keep({ expected: Math.max(expected, answer.expected_sequence), ahead_s: answer.device_ahead_s });
  return { answer, verdicts: new Map(answer.items.map((verdict) => [verdict.device_sequence, verdict])) };
}

/** Of each stream, the first fact that was deferred before and is not in this push: what follows it says so. */
async function earlier(app: Pushing, ours: Master[]): Promise<Map<string, number>> {
  const streams = [...new Set(ours.map((fact) => fact.stream_id))];
  const found = await app.facts.find({ selector: { state: "waiting", stream_id: { $in: streams } } }).exec();
  const here = new Set(ours.map((fact) => fact.event_id));
  const first = new Map<string, number>();
  for (const { event_id, stream_id, device_sequence, verdict } of found) {
    if (verdict === undefined || device_sequence === undefined || here.has(event_id)) continue;
    first.set(stream_id, Math.min(device_sequence, first.get(stream_id) ?? Infinity));
  }
  return first;
}

function item(fact: Master, waiting: Map<string, number>): PushItem {
  const { event_id, stream_id, type, occurred_at } = fact;
  const device_sequence = fact.device_sequence!; // what waits was said here
  // A draft that its user took back before it was ever decided: its number is not to be waited for.
  if (fact._deleted) return { device_sequence, skipped: true };
  const data = (fact.data ?? {}) as Record<string, never>;
  const said = { device_sequence, event_id, stream_id, type, occurred_at, data };
  const after = waiting.get(stream_id);
  return after !== undefined && after < device_sequence ? { ...said, after } : said;
}

/** A number that was taken and never used, as when the app died in between, is closed; the rest comes again. */
async function closeGap(app: Pushing, verdicts: Verdict[]): Promise<void> {
  const expected = verdicts.find((verdict) => verdict.reason === "gap")?.expected;
  if (expected === undefined || expected === null) return;
  const there = await app.facts.findOne({ selector: { device_sequence: expected, state: "waiting" } }).exec();
  if (there) return app.askSoon(); // it is in another batch: what is edited goes to the end of RxDB's
  const { device_id, epoch } = await app.device();
  const items = [{ device_sequence: expected, skipped: true as const }];
  await answered(app.api.POST("/v1/sync/push", { body: { device_id, epoch, device_now: app.now().toISOString(), items } }));
  throw new Error(`the gap at ${expected} is closed`);
}

/** The document as the service sees it now; nothing when that is what it says already. */
async function settled(app: Pushing, fact: Master, verdict: Verdict): Promise<Master[]> {
  const { verdict: before, asked, ...said } = fact;
  // Withdrawn, while an answer that was lost had told that it is recorded: then it comes back.
  if (fact._deleted) return verdict.status === "duplicate" ? recorded(app, fact) : [];
  switch (verdict.status) {
    case "accepted":
    case "duplicate":
      return [{ ...said, state: "recorded", position: verdict.position!, stream_version: verdict.stream_version! }];
    case "refused": {
      const problem = verdict.problem!;
      const refused: Master = { ...said, state: "refused", problem };
      // Edited, while an answer that was lost had told that it is recorded: what is recorded stands.
      const stands = problem.type === "/problems/event-id-reused" ? await recorded(app, fact) : [];
      return stands.length > 0 ? stands.map((one) => ({ ...one, problem })) : [refused];
    }
    case "deferred":
      return JSON.stringify(before) === JSON.stringify(verdict) ? [] : [{ ...fact, verdict }];
  }
}

/** The fact as it is recorded, when it is. */
async function recorded(app: Pushing, fact: Master): Promise<Master[]> {
  const [kind, stream_id] = fact.stream_id.split("/") as ["deal" | "goal", string];
  const params = { path: { stream_id, event_id: fact.event_id } };
  try {
    const { event } = await answered(app.api.GET(`/v1/${kind}s/{stream_id}/events/{event_id}`, { params }));
    return [{ ...pulled(event), _deleted: false }];
  } catch (failure) {
    if (failure instanceof ProblemAnswer && failure.is("not-found")) return [];
    throw failure;
  }
}

/** What is recorded is not changed by editing it: the document goes back to what it was. */
function undone(row: Row): Master[] {
  const { newDocumentState: now, assumedMasterState: before } = row;
  return now.state === "recorded" && before && !now._deleted ? [before] : [];
}
