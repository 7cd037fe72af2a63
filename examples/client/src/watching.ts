// Waiting for what replication does by itself, as a screen would that shows it.
import type { Device } from "./device.js";
import type { FactDocument } from "./facts.js";

const PATIENCE_MS = 30_000;

export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`it did not come to be: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

export async function held(device: Device, id: string): Promise<FactDocument | null> {
  return (await device.facts.findOne(id).exec())?.toMutableJSON() ?? null;
}

/** The fact, once the device shows it so. */
export async function becomes(device: Device, id: string, state: FactDocument["state"]): Promise<FactDocument> {
  await until(`${device.name}: ${id} is ${state}`, async () => (await held(device, id))?.state === state);
  return (await held(device, id))!;
}
