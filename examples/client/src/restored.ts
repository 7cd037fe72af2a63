// A phone whose service is restored from a backup. Whoever runs it answers each line with one, when it is done.
import { createInterface } from "node:readline";
import { Device } from "./device.js";
import { becomes, until } from "./watching.js";

const [url, key] = [process.env["API"]!.replace(/\/v1$/, ""), process.env["KEY"]!];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function asked(what: string): Promise<void> {
  console.log(what);
  await lines.next();
}

let phone = await Device.install("Ana's phone", url, key);
await phone.follow();
const stream = `deal/${crypto.randomUUID()}`;
const noted = (text: string) => phone.says(stream, { type: "note.recorded", data: { text } });
await phone.says(stream, { type: "deal.opened", data: { title: "Depots" } });
await becomes(phone, await noted("Before the backup"), "recorded");
await asked("make a backup");
const after = await noted("After the backup");
const { position } = await becomes(phone, after, "recorded");
// One that has pulled what the backup does not have is told by its next pull, another one by its next push.
if (process.env["HAS_PULLED"]) await until("it is pulled", async () => phone.pulledTo > position!);
phone.online = false;
await asked("restore it");
const offline = await noted("While it was restored");
phone.online = true;
await until("the phone hears of it", async () => phone.restored);
phone = await phone.beginAgain();
await phone.follow();
for (const id of [after, offline]) {
  const fact = await becomes(phone, id, "recorded");
  console.log(`${fact.data!["text"]}: version ${fact.stream_version}`);
}
await phone.close();
process.exit(0);
