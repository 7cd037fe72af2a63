// The page of the API, made from /openapi.json and /v1/catalogue. Nothing here knows a call or a type by name.
"use strict";

/** An element: `el("p", {class: "quiet"}, "text", child, …)`. Text is never read as HTML. */
function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return made;
}

/** Sentences of the documents mark names with backticks. */
function prose(text) {
  return text.split("`").map((part, index) => (index % 2 ? el("code", {}, part) : part));
}

const last = (reference) => reference.split("/").pop();

/** A schema in a few words, with links to named schemas. */
function words(schema) {
  if (!schema || !Object.keys(schema).length) return ["anything"];
  if (schema.$ref) return [el("a", { href: `#schema-${last(schema.$ref)}` }, last(schema.$ref))];
  if ("const" in schema) return [el("code", {}, JSON.stringify(schema.const))];
  if (schema.enum) return joined(schema.enum.map((value) => [el("code", {}, String(value))]), " | ");
  const several = schema.oneOf || schema.anyOf || schema.allOf;
  if (several) return joined(several.slice(0, 6).map(words), schema.allOf ? " and " : " | ").concat(several.length > 6 ? [` … ${several.length} in all`] : []);
  if (schema.type === "array") return ["list of ", ...words(schema.items), bounds(schema)];
  return [[].concat(schema.type || "object").join(" or "), schema.format ? ` (${schema.format})` : "", bounds(schema)];
}

function bounds(schema) {
  const least = schema.minimum ?? schema.minLength ?? schema.minItems;
  const most = schema.maximum ?? schema.maxLength ?? schema.maxItems;
  if (least === undefined && most === undefined) return "";
  return `, ${least ?? "any"} to ${most ?? "any"}`;
}

function joined(lists, separator) {
  return lists.flatMap((list, index) => (index ? [separator, ...list] : list));
}

function members(schema) {
  const required = new Set(schema.required || []);
  const rows = Object.entries(schema.properties || {}).map(([name, inner]) =>
    el("tr", {}, el("td", { class: "name" }, name), el("td", {}, required.has(name) ? "required" : "optional"),
      el("td", {}, ...words(inner), inner.description ? el("div", { class: "quiet" }, ...prose(inner.description)) : null)));
  return rows.length ? el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, rows))) : el("p", {}, ...words(schema));
}

function fold(id, summary, fill, find) {
  const made = el("details", { id, "data-find": find.toLowerCase() }, el("summary", {}, summary));
  made.addEventListener("toggle", () => {
    if (made.open && made.children.length === 1) made.append(el("div", { class: "inside" }, fill()));
  });
  return made;
}

function operation(path, method, described, types) {
  const name = method.toUpperCase();
  const summary = [el("span", { class: `tag ${name}` }, name), el("span", { class: "path" }, path),
    el("span", { class: "says" }, described.summary)];
  const find = `${name} ${path} ${described.summary} ${(described.parameters || []).map((one) => one.name).join(" ")}`;
  return fold(`call-${described.operationId}`, summary, () => callBody(path, name, described, types), find);
}

function callBody(path, method, described, types) {
  const parts = [];
  if (described.description) parts.push(el("p", {}, ...prose(described.description)));
  parts.push(el("p", { class: "quiet" }, described.security.length ? "Needs a key." : "Needs no key."));
  for (const [place, title] of [["path", "In the path"], ["query", "In the query"], ["header", "Headers"]]) {
    const found = (described.parameters || []).filter((one) => one.in === place);
    if (!found.length) continue;
    const rows = found.map((one) => el("tr", {}, el("td", { class: "name" }, one.name), el("td", {}, ...words(one.schema),
      "default" in one.schema ? [", absent: ", el("code", {}, String(one.schema.default))] : "",
      one.description ? el("div", { class: "quiet" }, ...prose(one.description)) : null)));
    parts.push(el("h3", {}, title), el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, rows))));
  }
  const body = described.requestBody && described.requestBody.content["application/json"].schema;
  if (body) parts.push(el("h3", {}, "Body"), el("p", {}, ...words(body)));
  const rows = Object.entries(described.responses).map(([status, answer]) =>
    el("tr", {}, el("td", {}, el("span", { class: status < 400 ? "tag GET" : "tag bad" }, status)),
      el("td", {}, ...prose(answer.description), ...Object.entries(answer.content || {}).slice(0, 1).filter(([kind]) => !kind.includes("problem"))
        .map(([, content]) => el("div", { class: "quiet" }, ...words(content.schema))))));
  parts.push(el("h3", {}, "Answers"), el("table", {}, el("tbody", {}, rows)), example(described), attempt(path, method, described, types));
  return parts;
}

/** What the call answers about the demo's story, fetched when it is opened. */
function example(described) {
  const told = described.externalDocs;
  if (!told) return null;
  const shown = el("pre", {}, "…");
  const made = el("details", { class: "example" }, el("summary", {}, told.description), shown);
  made.addEventListener("toggle", async () => {
    if (!made.open || shown.textContent !== "…") return;
    try {
      shown.textContent = JSON.stringify(await (await fetch(told.url)).json(), null, 2);
    } catch (fault) {
      shown.textContent = String(fault);
    }
  });
  return made;
}

/** A form that sends the call to this very service. */
function attempt(path, method, described, types) {
  const inputs = (described.parameters || []).map((one) => [one, el("input", { placeholder: one.required ? "required" : "", size: 22 })]);
  const sent = described.requestBody ? el("textarea", { spellcheck: "false" }) : null;
  const examples = types.filter((type) => type.recorded_by === "client" && path.startsWith(`/v1/${type.on[0]}`) || type.on.length > 1);
  const choice = sent && el("select", { onchange: () => { sent.value = exampleOf(choice.value); } },
    el("option", { value: "" }, "an example body…"), examples.map((type) => el("option", {}, type.type)));
  const exampleOf = (name) => JSON.stringify((types.find((type) => type.type === name) || {}).example || {}, null, 2);
  const shown = el("pre", { class: "hidden" });
  const send = async () => {
    let address = path;
    const query = new URLSearchParams();
    const headers = {};
    const key = document.getElementById("key").value.trim();
    if (key) headers.Authorization = `Bearer ${key}`;
    for (const [one, input] of inputs) {
      if (one.in === "path") address = address.replace(`{${one.name}}`, encodeURIComponent(input.value));
      else if (input.value && one.in === "query") query.append(one.name, input.value);
      else if (input.value) headers[one.name] = input.value;
    }
    if (sent) headers["Content-Type"] = "application/json";
    shown.classList.remove("hidden");
    shown.textContent = "…";
    try {
      const target = query.size ? `${address}?${query}` : address;
      const answer = await fetch(target, { method, headers, body: sent ? sent.value : undefined });
      const text = await answer.text();
      const told = ["etag", "location", "throughline-position", "idempotency-replayed", "link", "throughline-request"]
        .filter((name) => answer.headers.has(name)).map((name) => `${name}: ${answer.headers.get(name)}`);
      let body = text;
      try { body = JSON.stringify(JSON.parse(text), null, 2); } catch { /* not JSON: shown as it is */ }
      shown.textContent = `${answer.status} ${answer.statusText}\n${told.join("\n")}\n\n${body.slice(0, 20000)}`;
    } catch (fault) {
      shown.textContent = String(fault);
    }
  };
  return el("div", { class: "try" }, el("h3", {}, "Try it"),
    el("div", { class: "row" }, inputs.map(([one, input]) => el("label", {}, one.name, input)), choice),
    sent, el("div", { class: "row" }, el("button", { type: "button", onclick: send }, `Send ${method}`)), shown);
}

function typeEntry(type) {
  const summary = [el("span", { class: "path" }, type.type), ...type.on.map((kind) => el("span", { class: "tag" }, kind)),
    type.recorded_by === "service" ? el("span", { class: "tag" }, "by the service") : null, el("span", { class: "says" }, type.summary)];
  const find = `${type.type} ${type.summary} ${Object.keys(type.schema.properties || {}).join(" ")}`;
  return fold(`type-${type.type}`, summary, () => [
    el("h3", {}, "Data"), members(type.schema),
    type.rules.length ? [el("h3", {}, "Rules"), el("ul", { class: "rules" }, type.rules.map((rule) => el("li", {}, ...prose(rule))))] : null,
    type.words.length ? el("p", { class: "quiet" }, "Words, gone when their subject is erased: ", ...joined(type.words.map((word) => [el("code", {}, word)]), ", "), ".") : null,
    el("h3", {}, "Example"), el("pre", {}, JSON.stringify(type.example, null, 2)),
  ].flat(), find);
}

/** A table of steps: a row for each state, a column for each type of fact. */
function machineTable(life) {
  const types = [...new Set(life.steps.map((step) => step.type))];
  const left = new Set(life.steps.map((step) => step.before));
  const cell = (before, type) => {
    const step = life.steps.find((one) => one.before === before && one.type === type);
    return step ? el("td", { class: left.has(step.after) ? "to" : "end" }, step.after) : el("td", { class: "no" }, "·");
  };
  const rows = [null, ...life.states].filter((state) => left.has(state)).map((state) =>
    el("tr", {}, el("th", { class: "state" }, state ?? "not there yet"), types.map((type) => cell(state, type))));
  return el("div", { class: "scroll" }, el("table", { class: "machine" },
    el("thead", {}, el("tr", {}, el("th", {}, ""), types.map((type) => el("th", {}, type.split(".")[1])))), el("tbody", {}, rows)));
}

/** The same steps as a drawing: states in columns by their distance from the start. */
function machineDrawing(life) {
  const rank = new Map([[null, 0]]);
  for (let round = 0; round < life.states.length; round += 1) {
    for (const { before, after } of life.steps) {
      if (rank.has(before) && !rank.has(after)) rank.set(after, rank.get(before) + 1);
    }
  }
  const order = [...new Set(life.steps.map((step) => step.after))];
  for (const { before, after } of life.steps) {
    if (before && order.indexOf(before) < order.indexOf(after) && before !== after) rank.set(after, Math.max(rank.get(after), rank.get(before) + 1));
  }
  const columns = new Map();
  for (const state of [null, ...order]) columns.set(rank.get(state), [...(columns.get(rank.get(state)) || []), state]);
  const ranks = [...columns.keys()].sort((one, other) => one - other);
  const tallest = Math.max(...[...columns.values()].map((states) => states.length));
  const [wide, high, boxWide, boxHigh] = [160, 64, 112, 30];
  const place = new Map();
  ranks.forEach((key, column) => columns.get(key).forEach((state, row) => {
    const shift = (tallest - columns.get(key).length) / 2;
    place.set(state, { x: (column === 0 ? 20 : column * wide - 20), y: (row + shift) * high + 52 });
  }));
  const svg = (name, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  const width = ranks.length * wide - 40;
  const height = tallest * high + 70;
  const left = new Set(life.steps.map((step) => step.before));
  const pairs = new Map();
  for (const step of life.steps) {
    const key = `${step.before} ${step.after}`;
    pairs.set(key, { ...step, types: [...(pairs.get(key)?.types || []), step.type] });
  }
  const marker = `arrow-${life.thing}`;
  const drawing = svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `The life of a ${life.thing}` },
    svg("defs", {}, svg("marker", { id: marker, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" }, svg("path", { d: "M0 0L8 4L0 8z" }))));
  for (const { before, after, types } of pairs.values()) {
    const [from, to] = [place.get(before), place.get(after)];
    const back = to.x <= from.x;
    const half = boxWide / 2;
    const startX = before === null ? from.x + 8 : from.x + (back ? 0 : half);
    let line;
    if (before === after) line = `M${from.x - 14} ${from.y - 15}C${from.x - 24} ${from.y - 44} ${from.x + 24} ${from.y - 44} ${from.x + 14} ${from.y - 16}`;
    else if (back) line = `M${from.x} ${from.y + 15}C${from.x} ${height + 4} ${to.x} ${height + 4} ${to.x} ${to.y + 17}`;
    else line = `M${startX} ${from.y}C${startX + 40} ${from.y} ${to.x - half - 40} ${to.y} ${to.x - half - 2} ${to.y}`;
    drawing.append(svg("g", { class: "edge" }, svg("title", {}, `${before ?? "not there yet"} → ${after}: ${types.join(", ")}`),
      svg("path", { class: back && before !== after ? "step back" : "step", d: line, "marker-end": `url(#${marker})` })));
  }
  for (const [state, { x, y }] of place) {
    if (state === null) { drawing.append(svg("g", { class: "state start" }, svg("circle", { cx: x, cy: y, r: 6 }))); continue; }
    const label = svg("text", { x, y });
    label.textContent = state;
    drawing.append(svg("g", { class: left.has(state) ? "state" : "state end" },
      svg("rect", { x: x - boxWide / 2, y: y - boxHigh / 2, width: boxWide, height: boxHigh, rx: 8 }), label));
  }
  return el("figure", {}, drawing);
}

function lifeEntry(life, open) {
  const summary = [el("span", { class: "path" }, life.thing), el("span", { class: "says" }, life.states.join(", "))];
  const made = fold(`life-${life.thing}`, summary, () => [machineDrawing(life), machineTable(life)], `${life.thing} ${life.states.join(" ")}`);
  made.open = open;
  return made;
}

function group(parts, nav, title, text, entries) {
  if (!entries.length) return;
  const id = `group-${title.replace(/\W+/g, "-")}`;
  parts.push(el("section", {}, el("h2", { id }, title), text ? el("p", { class: "quiet" }, ...prose(text)) : null, entries));
  nav.append(el("a", { href: `#${id}` }, title));
}

function render(api, catalogue) {
  document.getElementById("about").append(...api.info.description.trim().split("\n\n").map((part) => el("p", {}, ...prose(part))));
  const nav = document.getElementById("nav");
  const parts = [];
  nav.append(el("strong", {}, "Calls"));
  for (const tag of api.tags) {
    const calls = Object.entries(api.paths).flatMap(([path, methods]) => Object.entries(methods)
      .filter(([, described]) => described.tags[0] === tag.name)
      .map(([method, described]) => operation(path, method, described, catalogue.types)));
    group(parts, nav, tag.name, tag.description, calls);
  }
  nav.append(el("strong", {}, "Facts"));
  for (const family of new Set(catalogue.types.map((type) => type.family))) {
    group(parts, nav, family.replaceAll("_", " "), "", catalogue.types.filter((type) => type.family === family).map(typeEntry));
  }
  nav.append(el("strong", {}, "Lives"));
  const lives = [...catalogue.lifecycles].sort((one, other) => other.steps.length - one.steps.length);
  group(parts, nav, "lives of things", "Which step may follow which. Everything else is refused. Hover over an arrow for its facts.",
    lives.map((life, index) => lifeEntry(life, index < 2)));
  nav.append(el("strong", {}, "Schemas"));
  const schemas = Object.entries(api.components.schemas).filter(([name]) => !/(Proposal|Event)$/.test(name) || ["Proposal", "Event"].includes(name));
  group(parts, nav, "schemas", "Named shapes of bodies and answers; those of the facts stand above.",
    schemas.map(([name, schema]) => fold(`schema-${name}`, [el("span", { class: "path" }, name), el("span", { class: "says" }, schema.description || "")], () => members(schema), name)));
  document.getElementById("content").replaceChildren(...parts);
  if (location.hash) openTarget();
}

function openTarget() {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target && target.tagName === "DETAILS") target.open = true;
  if (target) target.scrollIntoView();
}

function search(text) {
  const wanted = text.trim().toLowerCase();
  for (const section of document.querySelectorAll("#content section")) {
    let shown = 0;
    for (const entry of section.querySelectorAll("details")) {
      const match = !wanted || entry.dataset.find.includes(wanted);
      entry.classList.toggle("hidden", !match);
      shown += match ? 1 : 0;
    }
    section.classList.toggle("hidden", !shown);
  }
}

async function start() {
  const [api, catalogue] = await Promise.all(["/openapi.json", "/v1/catalogue"].map((address) => fetch(address).then((answer) => answer.json())));
  render(api, catalogue);
  document.getElementById("find").addEventListener("input", (event) => search(event.target.value));
  window.addEventListener("hashchange", openTarget);
}

start().catch((fault) => { document.getElementById("content").replaceChildren(el("p", {}, `The documents could not be read: ${fault}`)); });
