// The data of the page, from runs and base 64 to typed arrays.

const data = JSON.parse(document.getElementById("data").textContent);
const NO_TIME = -(2 ** 31);
const NOT_A_NUMBER = 1e29; // logarithms above it stand for what is not a number

// [start, step, count, ...] -> integers
function unroll(runs) {
  let total = 0;
  for (let r = 2; r < runs.length; r += 3) total += runs[r];
  const found = new Int32Array(total);
  let n = 0;
  for (let r = 0; r < runs.length; r += 3) {
    for (let k = 0; k < runs[r + 2]; k++) found[n++] = runs[r] + k * runs[r + 1];
  }
  return found;
}

function floats(text) {
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let k = 0; k < raw.length; k++) bytes[k] = raw.charCodeAt(k);
  return new Float32Array(bytes.buffer);
}

// Vertices by number: what kind each is, its time step, and its inputs in one list, from first[v] to first[v + 1].
function readGraph(kinds) {
  const ids = kinds.map((kind) => unroll(kind.ids));
  const count = ids.reduce((sum, list) => sum + list.length, 0);
  const kind = new Int32Array(count);
  const time = new Int32Array(count).fill(NO_TIME);
  const first = new Int32Array(count + 1);
  kinds.forEach((form, k) => {
    const times = form.t ? unroll(form.t) : null;
    ids[k].forEach((v, n) => {
      kind[v] = k;
      first[v + 1] = form.arity;
      if (times) time[v] = times[n];
    });
  });
  for (let v = 0; v < count; v++) first[v + 1] += first[v];
  const parents = new Int32Array(first[count]);
  const child = new Int32Array(first[count]);
  const put = (v, i, parent) => {
    parents[first[v] + i] = parent;
    child[first[v] + i] = v;
  };
  kinds.forEach((form, k) => {
    if (form.inputs) form.inputs.forEach((runs, i) => unroll(runs).forEach((p, n) => put(ids[k][n], i, p)));
    else form.parents.forEach((runs, n) => unroll(runs).forEach((p, i) => put(ids[k][n], i, p)));
  });
  return { kinds, kind, time, first, parents, child, count };
}

// For each vertex the inputs (as places in graph.parents) that it is: uses[start[v] ... start[v + 1]].
function readUses(graph) {
  const start = new Int32Array(graph.count + 1);
  for (const p of graph.parents) if (p >= 0) start[p + 1]++;
  for (let v = 0; v < graph.count; v++) start[v + 1] += start[v];
  const next = start.slice();
  const slots = new Int32Array(start[graph.count]);
  graph.parents.forEach((p, slot) => {
    if (p >= 0) slots[next[p]++] = slot;
  });
  return { start, slots };
}

function readNumbers(form, group) {
  const graph = readGraph(form.kinds);
  // For each sweep the logarithm at each vertex, and along each input.
  const found = { graph, norms: form.norms.map(floats), flows: form.flows.map(floats), uses: readUses(graph), group };
  const last = new Int32Array(graph.count).fill(-1); // of the vertices of the whole graph that one stands for
  const earliest = new Int32Array(graph.count).fill(-1);
  for (let v = 0; v < (group ? group.length : graph.count); v++) {
    const g = group ? group[v] : v;
    last[g] = v;
    if (earliest[g] < 0) earliest[g] = v;
  }
  return Object.assign(found, { last, earliest });
}

// A level of the picture: its graph, and boxes, lines and stubs with their columns.
function readLevel(form) {
  const level = {
    name: form.name,
    ...numbersOf(form),
    bands: form.bands.map((band) => ({ ...band, folded: false })),
    frames: form.frames,
    texts: form.texts,
    width: form.width,
    stickyWidth: 0,
    low: [],
  };
  level.lefts = form.columns ? leftsOf(form.columns) : [];
  level.columnWidth = form.columns ? form.columns.width : 0;
  level.pitch = form.columns ? form.columns.lefts[1] || form.columns.width : 0;
  level.first = form.columns ? unroll(form.columns.first) : []; // the steps that a column stands for
  level.final = form.columns ? unroll(form.columns.last) : [];
  level.left = (k) => level.lefts[k];
  level.count = level.lefts.length;
  level.begin = level.count ? level.left(0) - 12 : form.width;
  level.end = level.count ? level.left(level.count - 1) + level.columnWidth + 12 : form.width;
  level.masked = form.masked.map(({ band, columns, live, of }) => ({
    band,
    spans: spansOf(unroll(columns), unroll(live), of),
  }));
  readBoxes(level, form.boxes);
  for (const kind of ["lines", "stubs"]) readLines(level, kind, form[kind]);
  const bottoms = [...level.boxes.map((box) => box.y + box.height), ...level.bands.map((band) => band.bottom)];
  const names = [...level.texts.map((text) => text[1] - 12), ...level.bands.map((band) => band.top - 20)];
  const tops = [...level.boxes.map((box) => box.y), ...names];
  level.top = tops.reduce((a, b) => Math.min(a, b), Infinity);
  level.bottom = [...bottoms, ...level.frames.map((f) => f[2] + f[4])].reduce((a, b) => Math.max(a, b), 0);
  return level;
}

// The left borders of columns, from [left, pitch, count, ...].
function leftsOf({ lefts }) {
  const found = [];
  for (let k = 0; k < lefts.length; k += 3)
    for (let n = 0; n < lefts[k + 2]; n++) found.push(lefts[k] + n * lefts[k + 1]);
  return found;
}

// Neighbouring steps that as many rows take are one span.
function spansOf(columns, live, of) {
  const spans = [];
  columns.forEach((column, n) => {
    const span = spans[spans.length - 1];
    if (span && span.last === column - 1 && span.live === live[n]) span.last = column;
    else spans.push({ first: column, last: column, live: live[n], of });
  });
  return spans;
}

function readBoxes(level, forms) {
  level.boxes = [];
  level.boxOf = new Int32Array(level.graph.count).fill(-1);
  level.boxesAt = Array.from({ length: level.count }, () => []);
  level.beside = [];
  for (const form of forms) {
    const [x, y, width, height] = form.area;
    const columns = form.columns && unroll(form.columns);
    const vertices = unroll(form.vertices);
    unroll(form.numbers).forEach((k, n) => {
      const column = columns ? columns[n] : -1;
      const box = { k, form, column, vertex: vertices[n], x: columns ? level.left(column) + x : x, y, width, height };
      level.boxes[k] = box;
      if (box.vertex >= 0) level.boxOf[box.vertex] = k;
      (columns ? level.boxesAt[column] : level.beside).push(box);
      if (form.where === "shelf") level.stickyWidth = Math.max(level.stickyWidth, x + width);
    });
  }
}

function readLines(level, kind, forms) {
  level[kind] = [];
  level[`${kind}At`] = Array.from({ length: level.count }, () => []);
  level[`${kind}Beside`] = [];
  for (const form of forms) {
    const [sources, targets, columns, edges] = ["sources", "targets", "columns", "edges"].map((k) => unroll(form[k]));
    form.members = [];
    sources.forEach((source, n) => {
      const column = columns[n];
      const own = form.norms && n in form.norms ? form.norms[n] : NaN;
      const line = { form, source, target: targets[n], column, edge: edges[n], own, k: level[kind].length };
      level[kind].push(line);
      form.members.push(line);
      (column >= 0 ? level[`${kind}At`][column] : level[`${kind}Beside`]).push(line);
    });
    form.members.sort((a, b) => a.column - b.column);
  }
}

const whole = readNumbers(data, null);
const times = unroll(data.steps);

// Levels are read when they are first seen, and then kept.
const known = { numbers: new Map(), levels: new Map() };

function numbersOf(form) {
  if (form.like) return numbersOf(data.levels.find((other) => other.name === form.like));
  if (!form.kinds) return whole;
  if (!known.numbers.has(form.name)) known.numbers.set(form.name, readNumbers(form, unroll(form.group)));
  return known.numbers.get(form.name);
}

function levelNamed(name) {
  const form = data.levels.find((other) => other.name === name) || data.levels[data.levels.length - 1];
  if (!known.levels.has(form)) known.levels.set(form, readLevel(form));
  return known.levels.get(form);
}

const attention = new Map(data.attention.map(([v, text]) => [v, Array.from(atob(text), (c) => c.charCodeAt(0) / 255)]));
const values = new Map();
if (data.values) {
  const numbers = floats(data.values.numbers);
  unroll(data.values.ids).forEach((v, n) => values.set(v, numbers.subarray(4 * n, 4 * n + 4)));
}

// What reads one step of a stack, and the edge by which the step entered it.
const entries = unroll(data.stacked[1]);
const stacked = Array.from(unroll(data.stacked[0]), (read, n) => [read, entries[n]]);

const source = new Map();
for (const [line, vertices] of Object.entries(data.source)) for (const v of unroll(vertices)) source.set(v, line);

// Words for a vertex.

const kindOf = (graph, v) => graph.kinds[graph.kind[v]];
const timeOf = (graph, v) => (graph.time[v] === NO_TIME ? null : graph.time[v]);

function title(graph, v) {
  const kind = kindOf(graph, v);
  const t = timeOf(graph, v);
  const index = kind.index === undefined ? "" : `[${indexText(kind, t)}]`;
  const op = kind.op === "getitem" && index ? `read ${index}` : kind.op;
  const name = kind.leaf ? kind.name || "variable" : kind.name ? `${kind.name} = ${op}` : op;
  return t === null ? name : `${name}, t = ${t}`;
}

const indexText = (kind, t) => (typeof kind.index === "number" ? String(t + kind.index) : kind.index);

function signOf(box, graph) {
  if (box.form.index === undefined) return box.form.sign;
  return level.name === "rolled" ? "[t]" : `[${graph.time[box.vertex] + box.form.index}]`;
}

function shapeText(shape) {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
}
