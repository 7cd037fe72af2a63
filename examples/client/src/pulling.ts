// RxDB's pull handler and pull stream: facts in the order of the log, streams that are read anew, news as they come.
import { EventSource } from "eventsource";
import type { ReplicationPullHandlerResult, RxCollection, WithDeleted } from "rxdb";
import { Observable } from "rxjs";
import { type Api, answered, type Checkpoint } from "./api.js";
import { type FactDocument, pulled } from "./facts.js";

type Pulled = ReplicationPullHandlerResult<FactDocument, Checkpoint>;

/** What was pulled before has to be dropped: words went from it. */
const ERASING = new Set<string>(["content.erased", "party.erased"]);

/** How long until a stream is opened again that was answered with a problem. */
const REOPEN_MS = 5_000;

/** The handler. Throws `ProblemAnswer` with `other-log` when the service was restored from a backup. */
export function pullHandler(api: Api, facts: RxCollection<FactDocument>) {
  return async (last: Checkpoint | undefined, limit: number): Promise<Pulled> => {
    const found = new Map<string, WithDeleted<FactDocument>>();
    let checkpoint = last;
    let more = true;
    // RxDB takes a short page for the last one, while the service gives short pages where others' facts lie between.
    while (more && found.size < limit) {
      const query = checkpoint ? { from: checkpoint.position, mark: checkpoint.mark, limit } : { limit };
      const page = await answered(api.GET("/v1/sync/pull", { params: { query } }));
      const erased = page.events.filter((fact) => ERASING.has(fact.type)).map((fact) => fact.stream_id);
      for (const event of page.events) found.set(event.event_id, { ...pulled(event), _deleted: false });
      for (const stream of new Set([...page.resets.map((reset) => reset.stream_id), ...erased])) {
        for (const fact of await readAnew(api, facts, stream)) found.set(fact.event_id, fact);
      }
      checkpoint = page.checkpoint;
      more = page.has_more;
    }
    return { documents: [...found.values()], checkpoint };
  };
}

/** All that may be seen of a stream now, and the end of what was held of it and may not be seen any more. */
async function readAnew(api: Api, facts: RxCollection<FactDocument>, stream: string): Promise<WithDeleted<FactDocument>[]> {
  const seen = new Map<string, WithDeleted<FactDocument>>();
  let from = 0;
  let more = true;
  while (more) {
    const page = await answered(api.GET("/v1/sync/pull", { params: { query: { streams: stream, from, limit: 500 } } }));
    for (const event of page.events) seen.set(event.event_id, { ...pulled(event), _deleted: false });
    from = page.checkpoint.position;
    more = page.has_more;
  }
  const held = await facts.find({ selector: { stream_id: stream, state: "recorded" } }).exec();
  const gone = held.filter((fact) => !seen.has(fact.event_id));
  return [...seen.values(), ...gone.map((fact) => ({ ...fact.toMutableJSON(), _deleted: true }))];
}

/** Emits whenever there is something to pull. A connection that breaks mends itself, from where it was. */
export function news(url: string, key: string, send: typeof fetch, from: number): Observable<"RESYNC"> {
  return new Observable((told) => {
    let source: EventSource;
    let reopening: ReturnType<typeof setTimeout> | undefined;
    const tell = (): void => told.next("RESYNC");
    const open = (): void => {
      source = new EventSource(`${url}/v1/events?from=${from}`, {
        // Unlike a browser's own EventSource this one sends the key, so no ticket is needed.
        fetch: (address, init) => send(address, { ...init, headers: { ...init.headers, Authorization: `Bearer ${key}` } }),
      });
      source.onopen = tell;
      source.onmessage = ({ lastEventId }) => {
        from = Number(lastEventId) + 1;
        tell();
      };
      source.addEventListener("reset", tell);
      source.onerror = () => {
        if (source.readyState !== EventSource.CLOSED) return;
        // It was answered with a problem, and gives up. The pull hears the same, and why.
        tell();
        reopening = setTimeout(open, REOPEN_MS);
      };
    };
    open();
    return () => {
      clearTimeout(reopening);
      source.close();
    };
  });
}
