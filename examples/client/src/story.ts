// Two people, two devices, one service: what syncing looks like from inside an app. `npm run story` prints it.
import { answered, connect, type Proposal } from "./api.js";
import { Device } from "./device.js";
import { lookAgain, pages, record } from "./online.js";
import { becomes, held, until } from "./watching.js";

const url = process.env["API"]?.replace(/\/v1$/, "") ?? "http://127.0.0.1:8000";
const key = process.env["KEY"];
if (!key) throw new Error("KEY is to be an owner's key: KEY=$(cat data/owner.key) npm run story");
const FLIGHT = 250; // several batches of RxDB's

const tell = (text: string): void => console.log(text);
const newDeal = (): string => `deal/${crypto.randomUUID()}`;
const noted = (text: string): Proposal => ({ type: "note.recorded", data: { text } });

const recorded = async (device: Device): Promise<string[]> =>
  (await device.facts.find({ selector: { state: "recorded" } }).exec()).map((fact) => fact.event_id).sort();

// -- who

const owner = connect(url, key);
const ben = await answered(owner.POST("/v1/members", { body: { name: "Ben", role: "member" } }));
const made = await answered(owner.POST("/v1/credentials", { body: { party_id: ben.party_id, name: "Ben's tablet" } }));
const bensKey = made.key!; // shown once: a repeat of the call would not have it
let phone = await Device.install("Ana's phone", url, key);
const tablet = await Device.install("Ben's tablet", url, bensKey);
await Promise.all([phone.follow(), tablet.follow()]);

// -- recorded offline

tell("1. Ana is in a basement. She opens a deal, notes something, and mends the note: nothing of it was sent yet.");
phone.online = false;
const depots = newDeal();
const opened = await phone.says(depots, { type: "deal.opened", data: { title: "Depots" } });
const first = await phone.says(depots, noted("They count shfts on paper"));
const draft = await phone.says(depots, noted("Never mind"));
await phone.edit(first, { text: "They count shifts on paper" });
await phone.withdraw(draft);
tell("   Her phone has a network again:");
phone.online = true;
for (const id of [opened, first]) {
  const fact = await becomes(phone, id, "recorded");
  tell(`   ${fact.type} is recorded as version ${fact.stream_version} of the deal`);
}
await becomes(tablet, first, "recorded");
tell(`   Ben's tablet has it too: "${(await held(tablet, first))!.data!["text"]}"`);

// -- a conflict

tell("2. Both are offline, and both close the deal: Ben as lost, Ana as won. Ben is back first.");
phone.online = tablet.online = false;
const lost = await tablet.says(depots, { type: "deal.closed", data: { outcome: "lost" } });
const won = await phone.says(depots, { type: "deal.closed", data: { outcome: "won" } });
tablet.online = true;
await becomes(tablet, lost, "recorded");
phone.online = true;
const conflict = await becomes(phone, won, "refused");
await becomes(phone, lost, "recorded");
tell(`   Ana is told: ${conflict.problem!.title}. ${conflict.problem!.detail}`);
tell(`   Her phone shows what was recorded, ${(await held(phone, lost))!.data!["outcome"]}, and hers as refused.`);

// -- a refusal

tell("3. Ana's app has a fault: it records a note without a text. What she says afterwards is not held up.");
const faulty = await phone.says(depots, { type: "note.recorded", data: { txt: "Hm" } } as unknown as Proposal);
const fine = await phone.says(depots, noted("They will call in spring"));
const refusal = await becomes(phone, faulty, "refused");
await becomes(phone, fine, "recorded");
tell(`   refused, at ${refusal.problem!.pointer}: ${refusal.problem!.detail}`);

// -- an answer that is lost, and an edit that comes too late

tell("4. The answer to a push is lost, and Ana edits the note before her phone tries again.");
phone.losesAnAnswer = true;
const late = await phone.says(depots, noted("Twelve depots"));
await until("the answer is lost", async () => !phone.losesAnAnswer);
phone.online = false;
await phone.edit(late, { text: "Thirteen depots" });
phone.online = true;
const stands = await becomes(phone, late, "recorded");
if (stands.problem === undefined) throw new Error("the edit was not refused");
const corrected = { target_event_id: late, data: { text: "Thirteen depots" }, reason: "Miscounted" };
await becomes(phone, await phone.says(depots, { type: "event.corrected", data: corrected }), "recorded");
tell(`   "${stands.data!["text"]}" was recorded already and stands; her edit is recorded as a correction of it.`);

// -- waiting for somebody else

tell("5. Ben opens a deal offline and shows Ana its code. She notes something on it, which has to wait for him.");
tablet.online = false;
const cranes = newDeal();
const code = await tablet.says(cranes, { type: "deal.opened", data: { title: "Cranes" } });
const early = await phone.says(cranes, noted("Their oldest crane is from 1974"));
await until("it waits", async () => (await held(phone, early))?.verdict?.reason === "reference");
tell(`   deferred: ${(await held(phone, early))!.verdict!.reason}, the deal is not there`);
tablet.online = true;
await becomes(tablet, code, "recorded");
const there = await becomes(phone, early, "recorded");
tell(`   Ben is back: Ana's note is recorded as version ${there.stream_version}`);

// -- a clock

tell("6. The clock of Ben's tablet is two days ahead.");
tablet.wrongByMs = 2 * 24 * 3_600_000;
const ahead = await tablet.says(cranes, noted("They want to see it first"));
const stamped = await becomes(tablet, ahead, "recorded");
if (Math.abs(Date.parse(stamped.occurred_at) - Date.now()) > 60_000) throw new Error("the clock was not corrected");
tell("   The service says so, and the tablet corrects when it happened: the note is recorded.");
tablet.wrongByMs = 0;

// -- what may be seen changes

tell("7. Ana opens a deal for its participants only. Then Ben joins it, and leaves again.");
const quiet = newDeal();
const hidden = { title: "Quarry" };
await answered(
  phone.api.POST("/v1/deals", {
    body: { type: "deal.opened", stream_id: quiet.slice(5), visibility: "participants", data: hidden },
  }),
);
const ofQuarry = async (device: Device): Promise<number> =>
  (await device.facts.find({ selector: { stream_id: quiet } }).exec()).length;
await until("Ana has it", async () => (await ofQuarry(phone)) === 1);
if ((await ofQuarry(tablet)) !== 0) throw new Error("Ben sees what is not his");
const joined = { party_id: ben.party_id, side: "seller" as const };
const joining = await phone.says(quiet, { type: "participant.joined", data: joined });
await becomes(phone, joining, "recorded");
await until("Ben has it", async () => (await ofQuarry(tablet)) === 2);
tell(`   Ben joined: a reset, and his tablet reads the stream anew: ${await ofQuarry(tablet)} facts, one older than his joining`);
await becomes(phone, await phone.says(quiet, { type: "participant.left", data: { party_id: ben.party_id } }), "recorded");
await until("Ben has dropped it", async () => (await ofQuarry(tablet)) < 2);
tell(`   Ben left: a reset, and his tablet drops what is not his any more: ${await ofQuarry(tablet)} facts`);

// -- forgetting

tell("8. Ana has the words of a note erased.");
const erasure = { scope: "event" as const, target_event_id: early, reason: "It was asked for" };
await answered(owner.POST("/v1/erasures", { body: erasure }));
await until("the words are gone", async () =>
  (await Promise.all([phone, tablet].map((device) => held(device, early)))).every((fact) => fact?.data?.["text"] === "[erased]"),
);
tell("   Both devices dropped them.");

// -- a new installation

tell("9. Ana's app is installed anew, with something in its outbox. The old installation still runs somewhere.");
phone.online = false;
const carried = await phone.says(depots, noted("From the old installation"));
phone.online = true;
const before = await phone.identity();
phone = await phone.beginAgain();
await phone.follow();
await becomes(phone, carried, "recorded");
const fenced = await phone.api.POST("/v1/sync/push", {
  body: { device_id: before.device_id, epoch: before.epoch, device_now: new Date().toISOString(), items: [] },
});
if (fenced.response.status !== 403) throw new Error("the old installation was not fenced");
tell(`   epoch ${(await phone.identity()).epoch}: the note is recorded; the old one is answered ${fenced.error!.title}`);

// -- a long outbox

tell(`10. A long flight: Ana notes ${FLIGHT} things on two deals, and mends the first of them last.`);
phone.online = false;
const flight: string[] = [];
for (let nth = 1; nth <= FLIGHT; nth++) flight.push(await phone.says([depots, cranes][nth % 2]!, noted(`Thought ${nth}`)));
await phone.edit(flight[0]!, { text: "The first thought" });
phone.online = true;
await until("all of them are recorded", async () => {
  const found = await phone.facts.findByIds(flight).exec();
  return [...found.values()].every((fact) => fact.state === "recorded");
});
tell("   All of them are recorded, in several pushes.");

// -- at a desk

tell("11. Ben is at his desk, in a browser. What he sees is asked for again only when it has changed.");
const desk = connect(url, bensKey);
const seen = (await lookAgain(desk, cranes.slice(5)))!;
if ((await lookAgain(desk, cranes.slice(5), seen)) !== null) throw new Error("nothing had changed");
await becomes(phone, await phone.says(cranes, noted("They have budget until June")), "recorded");
const decided = { type: "deal.closed", data: { outcome: "lost" } } as const;
const closed = await record(desk, cranes.slice(5), seen.etag, decided, (missed) => {
  tell(`   He closes the deal, and is told what he missed: "${(missed[0] as { data: { text: string } }).data.text}"`);
  return false;
});
if (closed !== null) throw new Error("he did not think again");
const thought = await record(desk, cranes.slice(5), seen.etag, noted("Call them in May"), () => true);
tell(`   He thinks again, and notes something instead, as version ${thought![0]!.stream_version}.`);
const titles: string[] = [];
for await (const title of pages(desk)) titles.push(title);
if (!titles.includes("Depots")) throw new Error("a deal is not in the list");

// -- the same at last

await until("both hold the same of what both may see", async () => {
  const both = await Promise.all([phone, tablet].map(recorded));
  const mine = new Set(both[0]);
  return both[1]!.length > 0 && both[1]!.every((id) => mine.has(id));
});
const ids = await recorded(phone);
const { missing } = await answered(phone.api.POST("/v1/sync/missing", { body: { event_ids: ids.slice(0, 500) } }));
if (missing.length > 0) throw new Error("a device holds what the service does not");
tell("Both devices hold the same facts, as far as both may see them, and the service has them all.");
await Promise.all([phone.close(), tablet.close()]);
