// What is told in words: the card beside the pointer, the panel at the side, the line for screen readers.

const by = (id) => document.getElementById(id);
const card = by("card");

function make(tag, text = "", name = "") {
  const element = document.createElement(tag);
  if (text !== "") element.textContent = text;
  if (name) element.className = name;
  return element;
}

function list(rows) {
  const found = make("dl");
  for (const [key, value] of rows)
    found.append(make("dt", key), value instanceof Node ? value : make("dd", String(value)));
  return found;
}

const say = (words) => {
  by("status").textContent = words;
};

// The card.

function showCard(target, x, y) {
  card.replaceChildren(
    ...(target.box ? boxCard(target.box) : target.stub ? stubCard(target.stub) : lineCard(target.line)),
  );
  card.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = card;
  // The panel tells of the paths that a click asked for: it stays in sight, where there is room beside it.
  const edge = canvas.getBoundingClientRect().right;
  const left = x + 18 + width <= edge ? x + 18 : x - width - 14 >= 4 ? x - width - 14 : innerWidth - width - 4;
  const top = Math.min(Math.max(y - 20, 6), innerHeight - height - 6);
  card.style.left = `${Math.max(left, 4)}px`;
  card.style.top = `${Math.max(top, 4)}px`;
}

function boxCard(box) {
  if (box.vertex < 0) return [make("h2", `${box.form.sign} ${box.form.note}`)];
  const { graph } = level;
  const v = box.vertex;
  const kind = kindOf(graph, v);
  const rows = [["shape", `${shapeText(kind.shape)} ${kind.dtype}`]];
  const weights = attentionOf(box);
  if (weights) rows.push(["attends to", attentionText(weights)]);
  if (kind.path) rows.push(["module", kind.path]);
  if (kind.direction) rows.push(["sweep", `${kind.direction}${kind.of ? ", recorded" : ""}`]);
  if (kind.ops) rows.push(["stands for", kind.ops.join(", ")]);
  for (const [name, value] of Object.entries(kind.attrs || {})) rows.push([name, value]);
  const found = values.get(level.last[v]);
  if (found) {
    rows.push(["value", `${numberText(found[0])} ± ${numberText(found[1])}`]);
    rows.push(["range", `${numberText(found[2])} … ${numberText(found[3])}`]);
  }
  if (source.has(level.last[v])) rows.push(["line", source.get(level.last[v])]);
  if (data.measured) rows.push(...gradientRows(box, kind, found));
  const parts = [make("h2", title(graph, v)), list(rows)];
  parts.push(...ruleParts(v));
  if (data.measured && kind.leaf) parts.push(...ledger(v, null));
  return parts;
}

function attentionText(weights) {
  const order = weights.map((weight, s) => [weight, s]).sort((a, b) => b[0] - a[0]);
  return order
    .slice(0, 3)
    .map(([weight, s]) => `step ${s}: ${Math.round(100 * weight)} %`)
    .join(", ");
}

function gradientRows(box, kind, found) {
  if (box.form.spread) {
    const [least, middle, most] = box.form.spread.map(normText);
    return [["‖gradient‖", `${middle}, of all steps ${least} … ${most}`]];
  }
  const log = normOf(box);
  if (log === UNKNOWN) return [["‖gradient‖", "not known yet at this stop"]];
  const rows = [["‖gradient‖", normText(log)]];
  if (log > -Infinity && log < NOT_A_NUMBER) {
    const size = kind.shape.reduce((a, b) => a * b, 1);
    if (size > 1) rows.push(["each, rms", normText(log - Math.log10(size) / 2)]);
    if (found) {
      const value = Math.sqrt((found[0] ** 2 + found[1] ** 2) * size);
      if (value > 0) rows.push(["to ‖value‖", normText(log - Math.log10(value))]);
    }
    const mark_ = markOf(binOf(log));
    if (mark_ !== "flow") rows.push(["", MARK_WORDS[mark_]]);
  }
  return rows;
}

const MARK_WORDS = {
  vanished: "vanished: less than 10⁻⁸ of the largest",
  exploded: "exploded: over 10⁴ times the gradient at the output",
  zero: "exactly zero",
  broken: "infinite or not a number",
  none: "no gradient",
};

// What a box passes back: of one that stands for several operations, by the rule of each.
function ruleParts(v) {
  const members = [];
  if (level.group && kindOf(level.graph, v).ops) {
    for (let k = level.last[v]; k >= level.earliest[v] && members.length < 5; k--)
      if (level.group[k] === v) members.push(k);
  }
  if (members.length < 2) {
    const rules = ruleList(level.graph, v, shown.flows);
    return rules ? [make("h3", "passes back, by its rule"), rules] : [];
  }
  return members.flatMap((k) => {
    const known = shown.stop < 0 || passed[k] <= shown.stop;
    const rules = ruleList(whole.graph, k, whole.flows[shown.sweep], known);
    return rules ? [make("h3", kindOf(whole.graph, k).op), rules] : [];
  });
}

// The rule of each input that gets a gradient, with its norm if that is known by now.
function ruleList(graph, v, flows, known = true) {
  const kind = kindOf(graph, v);
  const from = graph.first[v];
  const rows = [];
  for (let slot = from; slot < graph.first[v + 1] && rows.length < 8; slot++) {
    const p = graph.parents[slot];
    if (p < 0) continue;
    const rule = kind.rules ? kind.rules[Math.min(slot - from, kind.rules.length - 1)] : "";
    const name =
      kindOf(graph, p).name.split(".").pop() || (kind.names && kind.names[slot - from]) || kindOf(graph, p).op;
    const term = make("dt", `∂${name}${rule ? ` += ${rule}` : ""}`, "rule");
    const log = flows[slot];
    rows.push(term, make("dd", !data.measured ? "" : !known || log === UNKNOWN ? "?" : `${normText(log)}`));
  }
  if (!rows.length) return null;
  const found = make("dl", "", "rules");
  found.append(...rows);
  return found;
}

function lineCard(line) {
  const { graph } = level;
  const ends = [line.source, line.target]
    .map((k) => level.boxes[k])
    .map((box) => (box.vertex < 0 ? box.form.sign : title(graph, box.vertex)));
  const rows = [
    ["from", ends[0]],
    ["to", ends[1]],
  ];
  if (data.measured)
    rows.push(["‖gradient‖ back", flowOf(line) === UNKNOWN ? "not known yet" : normText(flowOf(line))]);
  if (line.edge >= 0 && data.measured) {
    const arrived = shown.norms[graph.child[line.edge]];
    const gain = flowOf(line) - arrived;
    if (Number.isFinite(gain) && Math.abs(gain) < 1e29) rows.push(["local gain", normText(gain)]);
  }
  return [make("h2", "edge"), list(rows)];
}

function stubCard(stub) {
  const { graph } = level;
  const rows = [["used by", title(graph, level.boxes[stub.target].vertex)]];
  const source = stub.source >= 0 ? level.boxes[stub.source] : null;
  if (data.measured)
    rows.push(["‖gradient‖ back", flowOf(stub) === UNKNOWN ? "not known yet" : normText(flowOf(stub))]);
  const heading = source && source.vertex >= 0 ? title(graph, source.vertex) : stub.form.label;
  const parts = [make("h2", heading), list(rows)];
  if (data.measured && source && source.vertex >= 0) parts.push(...ledger(source.vertex, stub.edge));
  return parts;
}

// How much each use of a shared value contributes to its gradient.
function ledger(v, edge) {
  const { graph, uses } = level;
  const slots = [...uses.slots.subarray(uses.start[v], uses.start[v + 1])];
  if (slots.length < 2) return [];
  const sizes = slots.map((slot) => {
    const log = shown.flows[slot];
    return log > -1e29 && log < NOT_A_NUMBER ? 10 ** log : 0;
  });
  const total = sizes.reduce((a, b) => a + b, 0);
  const words = [`${slots.length} uses`];
  if (edge !== null && total > 0) {
    const own = sizes[slots.indexOf(edge)];
    words.push(
      `this one has ${((100 * own) / total).toPrecision(3)} % of their norms, rank ${1 + sizes.filter((s) => s > own).length}`,
    );
  }
  const chart = make("canvas");
  chart.className = "ledger";
  drawLedger(chart, graph, shown.flows, slots, edge);
  return [make("h3", `shares of its uses, by step: ${words.join("; ")}`), chart];
}

function drawLedger(chart, graph, flows, slots, edge, width = 300, height = 40) {
  [chart.width, chart.height] = [width * 2, height * 2];
  const pen = new CanvasPen(chart.getContext("2d"));
  pen.context.scale(2, 2);
  const timed = slots.map((slot) => [timeOf(graph, graph.child[slot]), slot]).filter(([t]) => t !== null);
  const order = timed.length ? timed.map(([t, slot]) => [times.indexOf(t), slot]) : slots.map((slot, k) => [k, slot]);
  const last = Math.max(...order.map(([x]) => x), 1);
  const wide = Math.max(width / (last + 1), 1);
  pen.rect(0, height - 1, width, 1, { fill: theme.outline, alpha: 0.5 });
  for (const [x, slot] of order) {
    const log = flows[slot];
    const bin = log === UNKNOWN ? -1 : binOf(log);
    const tall = bin >= 0 ? 2 + (height - 4) * partOf(log) : 1.5;
    const color = slot === edge ? theme.hot : colorOf(bin);
    pen.rect(
      (x / (last + 1)) * width,
      height - tall,
      Math.max(wide - (wide > 3 ? 1 : 0), slot === edge ? 2 : 0.8),
      tall,
      { fill: color },
    );
  }
}

// The panel.

function tell() {
  tellPath();
  tellStop();
  by("found").textContent = by("search").value ? `${results.at + 1} of ${results.found.length}` : "";
}

function tellPath() {
  const place = by("path");
  const [a, b] = picked.ends;
  const { graph } = whole;
  if (a === undefined) {
    place.replaceChildren(make("p", "Click two boxes for the paths between them.", "soft"));
    return;
  }
  if (b === undefined) {
    place.replaceChildren(make("p", `From or to ${title(graph, a)}: click another box. Esc forgets.`));
    say(`One end: ${title(graph, a)}`);
    return;
  }
  const [low_, high_] = [Math.min(a, b), Math.max(a, b)];
  const names = `${title(graph, low_)} → ${title(graph, high_)}`;
  if (!picked.on) {
    place.replaceChildren(make("p", names), make("p", "There is no path: neither depends on the other.", "none"));
    say(`There is no path between ${names}`);
    return;
  }
  const { count, nodes, strongest, gain } = picked.found;
  const rows = [
    ["paths", countText(count)],
    ["nodes on them", nodes.reduce((sum, on) => sum + on, 0).toLocaleString("en")],
  ];
  if (strongest.length) {
    rows.push(["strongest path", `${strongest.length} edges`]);
    if (Number.isFinite(gain)) rows.push(["product of its gains", normText(gain)]);
  } else if (data.measured) {
    rows.push(["strongest path", "none: no gradient gets through"]);
  }
  const parts = [make("p", names), list(rows)];
  const digits = count.toString();
  if (digits.length > 12) {
    const exact = make("details");
    exact.append(make("summary", `the exact number, ${digits.length} digits`), make("p", digits, "digits"));
    parts.push(exact);
  }
  place.replaceChildren(...parts);
  say(`${countText(count)} paths, ${names}`);
}

const stopName = (k) => {
  const stop = stops[k];
  if (k === 0) return "start: the gradient of the output is given";
  if (stop.t !== null) return `t = ${stop.t}`;
  return `outside of time, ${stop.members.length} ${stop.members.length === 1 ? "rule" : "rules"}`;
};

function tellStop() {
  const place = by("rules");
  const all = shown.stop < 0;
  by("stop").value = String(all ? stops.length - 1 : shown.stop);
  if (!stops.length) return;
  by("stop-name").textContent = all ? "all" : `${shown.stop} of ${stops.length - 1}`;
  by("stop").setAttribute("aria-valuetext", all ? "the whole pass" : stopName(shown.stop));
  if (all) {
    place.replaceChildren(
      make("p", "Press b, or move the slider, to go through the backward pass step by step.", "soft"),
    );
    return;
  }
  const stop = stops[shown.stop];
  const parts = [make("p", stopName(shown.stop), "stop")];
  for (const v of stop.members.slice(0, 40)) {
    const kind = kindOf(whole.graph, v);
    const head = make("h4", title(whole.graph, v).replace(/, t = .*/, ""));
    head.append(make("span", ` ${shapeText(kind.shape)}  ‖∂‖ ${normText(whole.norms[shown.sweep][v])}`));
    const rules = ruleList(whole.graph, v, whole.flows[shown.sweep]);
    if (rules) parts.push(head, rules);
  }
  if (stop.members.length > 40) parts.push(make("p", `and ${stop.members.length - 40} more`, "soft"));
  place.replaceChildren(...parts);
}

function tellParameters() {
  const place = by("parameters");
  const { graph, uses } = whole;
  const rows = [];
  for (let v = 0; v < graph.count && rows.length < 60; v++) {
    const kind = kindOf(graph, v);
    if (!kind.leaf || !kind.name) continue;
    const row = make("button", "", "parameter");
    row.type = "button";
    row.append(make("b", kind.name), make("span", shapeText(kind.shape)));
    if (data.measured) row.append(make("span", `‖gradient‖ ${normText(whole.norms[shown.sweep][v])}`, "norm"));
    const slots = [...uses.slots.subarray(uses.start[v], uses.start[v + 1])];
    if (data.measured && slots.length > 2) {
      const chart = make("canvas", "", "ledger");
      row.append(chart);
      drawLedger(chart, graph, whole.flows[shown.sweep], slots, null, 300, 26);
    }
    row.addEventListener("click", () => {
      select(groupOf(v));
      pick(v);
    });
    rows.push(row);
  }
  place.replaceChildren(...rows);
  place.parentElement.hidden = !rows.length;
}

// The key: colours and marks.

const KEY = 86; // its height

function tellKey() {
  by("attention").hidden = !attention.size;
  by("key").hidden = !data.measured || !data.scale;
  if (by("key").hidden) return;
  const chart = by("ramp");
  const [width, height] = [290, KEY];
  [chart.width, chart.height] = [width * 2, height * 2];
  const pen = new CanvasPen(chart.getContext("2d"));
  pen.context.scale(2, 2);
  drawKey(pen, 12, 8, width - 24);
}

function drawKey(pen, x, y, width) {
  theme.bins.forEach((color, k) => {
    const tall = 3 + (11 * k) / (BINS - 1);
    pen.rect(x + (k * width) / BINS, y + 7 - tall / 2, width / BINS + 0.3, tall, { fill: color });
  });
  for (const tick of scaleTicks()) {
    const at = x + (width * (tick - low)) / (high - low);
    pen.text(powerOfTen(tick), at, y + 25, { size: 9.5, color: theme.soft, align: "center" });
  }
  const words = ["vanished, < 10⁻⁸ of largest", "exploded, > 10⁴ × output", "exactly zero", "infinite or nan", "no gradient"];
  [-3, -5, -2, -4, -1].forEach((bin, k) => {
    const path = pen.path();
    const [left, middle] = [x - 4 + (k % 2) * width * 0.54, y + 43 + 14 * Math.floor(k / 2)];
    path.moveTo(left, middle);
    path.lineTo(left + 22, middle);
    pen.stroke(path, { color: colorOf(bin), width: Math.min(widthOf(bin) * 1.3, 5), dash: dashOf(bin) });
    pen.text(words[k], left + 27, middle + 3, { size: 9, color: theme.soft });
  });
}
