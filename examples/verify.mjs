// Checks a bundle offline, in a browser (import { verify }) or as `node verify.mjs [--against KEPT] FILE...`: docs/proving.md.
import { checkReceipt, isKnown } from "./receipt.mjs";

const fail = (kind) => { throw new Error(kind); };
const hex = (found) => Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => (/^(?:[0-9a-f]{2})*$/.test(text) ? Uint8Array.from(text.match(/../g) ?? [], (two) => parseInt(two, 16)) : fail("malformed"));
const digest = (text) => (/^[0-9a-f]{64}$/.test(text) ? text : fail("malformed"));
const base64 = (text) => Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
const utf8 = (text) => new TextEncoder().encode(text);
const sha256 = async (...parts) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await new Blob(parts).arrayBuffer())));
const node = (left, right) => sha256(Uint8Array.of(1), bytes(digest(left)), bytes(digest(right)));
const leafOf = (text) => sha256(Uint8Array.of(0), utf8(text));
const half = (number) => Math.floor(number / 2);
const bit = (key, depth) => (parseInt(key[depth >> 2], 16) >> (3 - (depth & 3))) & 1;

async function opened(note, keys) { // C2SP signed-note and tlog-checkpoint
  const [, text, lines] = /^([^]*\n)\n((?:— [^\s+]+ [A-Za-z0-9+\/=]+\n)+)$/.exec(note) ?? fail("unsigned");
  const known = await Promise.all(keys.map(async (key) => {
    const [, name, id, typed] = /^([^\s+]+)\+([0-9a-f]{8})\+([A-Za-z0-9+\/=]+)$/.exec(key) ?? fail("malformed");
    const raw = base64(typed);
    if (raw[0] !== 1 || raw.length !== 33 || !(await sha256(utf8(name + "\n"), raw)).startsWith(id)) fail("malformed");
    return { name, id, key: await crypto.subtle.importKey("raw", raw.slice(1), "Ed25519", false, ["verify"]) };
  }));
  let signed = false;
  for (const [, name, signature] of lines.matchAll(/— (\S+) (\S+)\n/g)) {
    const blob = base64(signature);
    for (const one of known.filter((each) => each.name === name && each.id === hex(blob.slice(0, 4))))
      signed = (await crypto.subtle.verify("Ed25519", one.key, blob.slice(4), utf8(text))) || fail("unsigned");
  }
  const [, origin, size, root, streams] = (signed && /^([^\n]+)\n(0|[1-9]\d{0,15})\n(\S{44})\nstreams (\S{44})\n(?:[^\n]+\n)*$/.exec(text)) || fail("unsigned");
  return { origin, size: Number(size), root: hex(base64(root)), streams: hex(base64(streams)) };
}
async function rootFrom(index, size, root, path) { // RFC 9162, 2.1.3.2
  let last = size - 1;
  for (const beside of path) {
    if (index % 2 || index === last) {
      root = await node(beside, root);
      while (index && index % 2 === 0) [index, last] = [index / 2, half(last)];
    } else root = await node(root, beside);
    [index, last] = [half(index), half(last)];
  }
  return last === 0 ? root : null;
}
async function grewInto(old, now, path) { // RFC 9162, 2.1.4.2
  if (old.size === 0 || old.size === now.size) return path.length === 0 && (old.size === 0 || old.root === now.root);
  let [index, last, whole] = [old.size - 1, now.size - 1, old.size];
  while (whole % 2 === 0) whole /= 2;
  const [first, ...rest] = whole === 1 ? [old.root, ...path] : path;
  while (index % 2) [index, last] = [half(index), half(last)];
  let [before, after] = [digest(first ?? ""), first];
  for (const beside of rest) {
    if (last === 0) return false;
    if (index % 2 || index === last) {
      [before, after] = [await node(beside, before), await node(beside, after)];
      while (index && index % 2 === 0) [index, last] = [half(index), half(last)];
    } else after = await node(after, beside);
    [index, last] = [half(index), half(last)];
  }
  return last === 0 && before === old.root && after === now.root;
}
async function streamsRoot(ends, depth = 0) {
  if (!ends.length || (ends.length === 1 && depth >= 12)) return ends.length ? ends[0][1] : "0".repeat(64);
  const side = (wanted) => streamsRoot(ends.filter(([key]) => bit(key, depth) === wanted), depth + 1);
  return node(await side(0), await side(1));
}
const entryOf = (stream_id, [version, last_leaf]) => leafOf(JSON.stringify({ last_leaf, stream_id, version }));

export async function verify(text, keys, older) {
  const lines = (text.endsWith("\n") ? text : fail("malformed")).slice(0, -1).split("\n").map((line) => JSON.parse(line));
  const [manifest, end] = [lines.shift(), lines.pop()];
  if (manifest.line !== "manifest" || manifest.format !== "throughline-bundle/1" || !Array.isArray(manifest.parts)) fail("malformed");
  const [whole, ends, streams, peaks, shown, policies] = [manifest.scope === "log", new Map(), new Map(), [], new Map(), new Map()];
  const signed = await opened(manifest.checkpoint, keys ?? manifest.keys);
  if (signed.origin !== manifest.log) fail("unsigned");
  const kept = older && (await opened(older, keys ?? manifest.keys));
  if (kept && kept.origin !== signed.origin) fail("unsigned");
  if (kept?.size > signed.size) fail("shortened");
  if (kept && !whole && kept.size !== signed.size && manifest.consistency?.from !== kept.size) fail("uncompared");
  if (kept && !whole && !(await grewInto(kept, signed, kept.size === signed.size ? [] : manifest.consistency.path))) fail("rewritten");
  while (whole && lines[0]?.line === "ends") for (const [key, entry] of lines.shift().ends) ends.set(digest(key), digest(entry));
  const stream = whole ? null : lines.shift();
  if (!whole && (stream.line !== "stream" || stream.stream_id !== manifest.scope)) fail("malformed");
  const after = lines.findIndex(({ line }) => line !== "event" && line !== "leaf"), extra = after < 0 ? [] : lines.splice(after);
  const receipts = extra.filter(({ line }) => line === "receipt");
  if (end?.line !== "end" || end.events !== lines.length || end.receipts !== receipts.length) fail("malformed");
  const grown = async () => peaks.slice(0, -1).reduceRight(async (root, peak) => node(peak, await root), peaks.at(-1));
  let [position, facts] = [-1, 0];
  for (const line of lines) {
    if (whole && facts && facts === kept?.size && (await grown()) !== kept.root) fail("rewritten");
    if (!(line.line === "event" || (whole && line.line === "leaf")) || !Number.isInteger(line.position)) fail("malformed");
    if (whole && line.position !== facts) fail("missing");
    if (line.line === "event") {
      const content = JSON.parse(line.leaf), [version, last] = streams.get(content.stream_id) ?? [0, ""];
      if (line.broken?.length) fail("content");
      for (const name of ["envelope", "structure", "words"]) {
        const part = line.parts?.[name];
        if (part && (await sha256(bytes(part.salt), utf8(part.text))) !== content[name]) fail("content");
      }
      const leaf = await leafOf(line.leaf);
      if (whole && leaf !== digest(line.signed)) fail("changed");
      if (!whole && (content.stream_id !== manifest.scope || line.position <= position)) fail("missing");
      if (content.version !== version + 1) fail("missing");
      if (content.previous !== last) fail("chain");
      if (!whole && (await rootFrom(line.position, signed.size, leaf, line.path)) !== signed.root) fail("changed");
      streams.set(content.stream_id, [content.version, leaf]);
      if (!shown.has(content.stream_id)) shown.set(content.stream_id, new Map());
      const { envelope, structure } = line.parts ?? {};
      shown.get(content.stream_id).set(line.position, !envelope ? "hidden" : !structure ? "erased" : JSON.parse(envelope.text).event_id);
    } else if (line.broken?.length) fail("changed");
    if (whole) for (let [hash, rest] = [digest(line.signed), facts]; ; rest = half(rest)) {
      if (rest % 2 === 0) { peaks.push(hash); break; }
      hash = await node(peaks.pop(), hash);
    }
    [position, facts] = [line.position, facts + 1];
  }
  if (whole) {
    if (facts !== signed.size) fail("missing");
    if (facts === kept?.size && kept.root !== signed.root) fail("rewritten");
    if ((await grown()) !== signed.root || (await streamsRoot([...ends])) !== signed.streams) fail("root");
    for (const [name, held] of streams) if (ends.get(await sha256(utf8(name))) !== (await entryOf(name, held))) fail("tail");
  } else {
    const key = await sha256(utf8(manifest.scope));
    if (facts !== stream.version || stream.path.length < 12) fail(facts === stream.version ? "tail" : "missing");
    let root = await entryOf(manifest.scope, streams.get(manifest.scope) ?? fail("missing"));
    for (const [step, beside] of stream.path.entries())
      root = bit(key, stream.path.length - 1 - step) ? await node(beside, root) : await node(root, beside);
    if (root !== signed.streams) fail("tail");
  }
  for (const line of extra) {
    if (line.line === "receipt") checkReceipt(line, { log: manifest.log, size: signed.size }, shown, policies);
    else if (line.line !== "policy") fail("malformed");
    else if ((await sha256(utf8(line.document))) !== line.sha256 || !isKnown(line)) fail("policy");
    else policies.set(line.policy, { ...JSON.parse(line.document), sha256: line.sha256 });
  }
  return `all ${facts} facts of ${manifest.scope} up to a log of ${signed.size} are as they were signed for`;
}

if (globalThis.process?.argv?.[1]?.endsWith("verify.mjs")) {
  const { readFile } = await import("node:fs/promises");
  const read = async (file) => new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(await readFile(file));
  const files = process.argv.slice(2), older = files[0] === "--against" ? await read(files.splice(0, 2)[1]) : undefined;
  for (const file of files) {
    const checked = read(file).then((text) => verify(text, undefined, older));
    console.log(await checked.catch((flaw) => ((process.exitCode = 1), `refused: ${flaw.message}`)));
  }
}
