// A device: an app's database, what its user records in it while offline, and its replication.
import { createRxDatabase, type RxCollection, type RxDatabase } from "rxdb";
import { replicateRxCollection } from "rxdb/plugins/replication";
import { getRxStorageMemory } from "rxdb/plugins/storage-memory";
import { concatMap, delay, merge, Subject, throttleTime, timer } from "rxjs";
import { type Api, answered, type Checkpoint, connect, type Problem, ProblemAnswer, type Proposal } from "./api.js";
import { type DeviceDocument, deviceSchema, type FactDocument, factSchema, type Said } from "./facts.js";
import { news, pullHandler } from "./pulling.js";
import { type Pushing, pushHandler } from "./pushing.js";

type Collections = { facts: RxCollection<FactDocument>; devices: RxCollection<DeviceDocument> };

/** How long until a call is tried again that was not answered. */
const RETRY_MS = 500;
/** How long until it is asked again about what waits when nothing was pulled meanwhile. */
const ASK_AGAIN_MS = 30_000;
const BATCH = 100;
const ASKED_MAX = 500;

/** What was recorded comes in the order of the log, and what waits after it, in its own. */
const place = (fact: FactDocument): number => fact.position ?? Number.MAX_SAFE_INTEGER / 2 + fact.device_sequence!;

export class Device {
  online = true;
  /** The next answer is lost on its way. */
  losesAnAnswer = false;
  /** How far the clock of this device is wrong, for the story's sake. */
  wrongByMs = 0;
  /** The position up to which it has pulled. */
  pulledTo = 0;
  /** The service was restored from a backup that does not have all that it had told: `beginAgain`. */
  restored = false;
  /** What the app was told that concerns all of it and not one fact, such as `device-fenced` and `no-valid-key`. */
  readonly problems = new Map<string, Problem>();
  private readonly again = new Subject<void>();

  private constructor(
    readonly name: string,
    readonly api: Api,
    private readonly send: typeof fetch,
    private readonly url: string,
    private readonly key: string,
    private readonly database: RxDatabase<Collections>,
  ) {}

  /** An installation: an epoch of its own, and a database with nothing in it but what was carried over. */
  static async install(
    name: string,
    url: string,
    key: string,
    device_id: string = crypto.randomUUID(),
    carried: Said[] = [],
  ): Promise<Device> {
    const database = await createRxDatabase<Collections>({
      name: `${name}-${crypto.randomUUID()}`,
      storage: getRxStorageMemory(),
      multiInstance: false,
    });
    await database.addCollections({ facts: { schema: factSchema }, devices: { schema: deviceSchema } });
    const send: typeof fetch = (address, init) => device.fetch(address, init);
    const device: Device = new Device(name, connect(url, key, send), send, url, key, database);
    const epoch = (await device.epochBefore(device_id)) + 1;
    await database.devices.insert({ id: "this", device_id, epoch, next_sequence: carried.length + 1, expected: 1, ahead_s: 0 });
    await database.facts.bulkInsert(
      carried.map((said, place) => ({ ...said, state: "waiting", device_id, device_sequence: place + 1 })),
    );
    return device;
  }

  /** The same device, set up anew: after an installation, or because the service lost facts that it had acknowledged. */
  async beginAgain(): Promise<Device> {
    const { device_id } = await this.identity();
    const own = await this.facts.find({ selector: { device_id } }).exec();
    const recorded = own.filter((fact) => fact.state === "recorded").map((fact) => fact.event_id);
    const lost = new Set<string>();
    for (let start = 0; start < recorded.length; start += ASKED_MAX) {
      const body = { event_ids: recorded.slice(start, start + ASKED_MAX) };
      for (const id of (await answered(this.api.POST("/v1/sync/missing", { body }))).missing) lost.add(id);
    }
    const carried = own
      .filter((fact) => fact.state === "waiting" || lost.has(fact.event_id))
      .sort((one, other) => place(one) - place(other))
      .map(({ event_id, stream_id, type, occurred_at, data }) => ({ event_id, stream_id, type, occurred_at, data }));
    await this.close();
    return Device.install(this.name, this.url, this.key, device_id, carried);
  }

  private async epochBefore(device_id: string): Promise<number> {
    try {
      const params = { query: { device: device_id, limit: 1 } };
      return (await answered(this.api.GET("/v1/sync/outcomes", { params }))).epoch;
    } catch (failure) {
      if (failure instanceof ProblemAnswer && failure.is("not-found")) return 0;
      throw failure;
    }
  }

  get facts(): RxCollection<FactDocument> {
    return this.database.facts;
  }

  async identity(): Promise<DeviceDocument> {
    return (await this.database.devices.findOne("this").exec(true)).toMutableJSON();
  }

  /** What its user says now: kept at once, sent when there is a network. `edit` and `withdraw` until then. */
  async says(stream_id: string, proposal: Proposal): Promise<string> {
    let device_sequence = 0;
    const device = await this.database.devices.findOne("this").exec(true);
    const { ahead_s, device_id } = await device.incrementalModify((own) => {
      device_sequence = own.next_sequence;
      return { ...own, next_sequence: own.next_sequence + 1 };
    });
    const event_id = crypto.randomUUID();
    const occurred_at = new Date(this.now().getTime() - ahead_s * 1000).toISOString();
    const data = proposal.data as Record<string, unknown>;
    const { type } = proposal;
    const said = { event_id, stream_id, type, occurred_at, data, device_id, device_sequence };
    await this.facts.insert({ ...said, state: "waiting" });
    return event_id;
  }

  async edit(event_id: string, data: Record<string, unknown>): Promise<void> {
    await (await this.facts.findOne(event_id).exec(true)).incrementalPatch({ data });
  }

  async withdraw(event_id: string): Promise<void> {
    await (await this.facts.findOne(event_id).exec(true)).incrementalRemove();
  }

  /** Replicate from now on, until `close`. */
  async follow(): Promise<void> {
    const { response } = await this.api.GET("/v1/sync/pull", { params: { query: { limit: 1 } } });
    const head = Number(response.headers.get("Throughline-Position"));
    const pull = pullHandler(this.api, this.facts);
    const push = pushHandler(this.pushing());
    const replication = replicateRxCollection<FactDocument, Checkpoint>({
      replicationIdentifier: `${this.url}/v1/sync`,
      collection: this.facts,
      retryTime: RETRY_MS,
      pull: {
        batchSize: BATCH,
        handler: async (last, limit) => {
          const found = await this.noting(pull(last, limit));
          this.pulledTo = found.checkpoint?.position ?? 0;
          return found;
        },
        stream$: news(this.url, this.key, this.send, head).pipe(
          throttleTime(100, undefined, { leading: true, trailing: true }),
        ),
      },
      push: { batchSize: BATCH, handler: (rows) => this.noting(push(rows)) },
    });
    // What others recorded may be what something waits for. One round after the other, and none once the app is closed.
    const asking = merge(replication.received$, this.again.pipe(delay(RETRY_MS)), timer(ASK_AGAIN_MS, ASK_AGAIN_MS))
      .pipe(throttleTime(100, undefined, { leading: true, trailing: true }), concatMap(() => this.askAgain()))
      .subscribe();
    this.facts.onClose.push(() => asking.unsubscribe());
  }

  /** Push what waits once more: a document that changes is pushed. */
  async askAgain(): Promise<void> {
    if (this.database.closed) return;
    const waiting = await this.facts.find({ selector: { state: "waiting" } }).exec();
    const deferred = waiting.filter((fact) => fact.verdict !== undefined);
    await Promise.all(deferred.map((fact) => fact.incrementalPatch({ asked: (fact.asked ?? 0) + 1 })));
  }

  private pushing(): Pushing {
    return {
      api: this.api,
      facts: this.facts,
      device: () => this.identity(),
      keep: async (told) => {
        await (await this.database.devices.findOne("this").exec(true)).incrementalPatch(told);
      },
      askSoon: () => this.again.next(),
      isRestored: () => {
        this.restored = true;
      },
      now: () => this.now(),
    };
  }

  /** Some answers are for the app, and no trying again is of use. RxDB's own errors do not say which they were. */
  private async noting<T>(answer: Promise<T>): Promise<T> {
    try {
      return await answer;
    } catch (failure) {
      if (failure instanceof ProblemAnswer) {
        this.problems.set(failure.problem.type, failure.problem);
        this.restored ||= failure.is("other-log");
      }
      throw failure;
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  now(): Date {
    return new Date(Date.now() + this.wrongByMs);
  }

  /** The network, which comes and goes. */
  private async fetch(address: string | URL | Request, init?: RequestInit): Promise<Response> {
    if (!this.online) throw new TypeError("offline");
    const response = await fetch(address, init);
    if (!this.online) throw new TypeError("offline");
    if (this.losesAnAnswer && response.url.endsWith("/sync/push")) {
      this.losesAnAnswer = false;
      throw new TypeError("the answer was lost");
    }
    return response;
  }
}
