// Paths between two vertices: found in the whole graph, shown on the level that is seen.

const cursor = { box: null, vertex: -1 }; // what was clicked last, or reached with the keys
const picked = { ends: [], on: false, nodes: null, slots: null, strongest: [], vertices: null, edges: null, way: [] };

const isHot = (box) => box.vertex >= 0 && picked.vertices[box.vertex] > 0;
const isEnd = (box) => box.vertex >= 0 && picked.ends.some((v) => groupOf(v) === box.vertex);
const groupOf = (v) => (level.group ? level.group[v] : v);

// All that lies on a path from source to target, how many paths there are, and the one with the most gradient.
function between(source, target) {
  const { graph } = whole;
  const { first } = graph;
  const { parents, around } = pastStacks(source);
  const below = new Uint8Array(graph.count); // on a path from the source
  below[source] = 1;
  for (let v = source + 1; v <= target; v++) {
    for (let slot = first[v]; slot < first[v + 1] && !below[v]; slot++)
      if (parents[slot] >= 0) below[v] = below[parents[slot]];
  }
  if (!below[target]) return null;
  const nodes = new Uint8Array(graph.count);
  const slots = new Uint8Array(parents.length);
  const gain = new Float64Array(graph.count).fill(-Infinity);
  const step = new Int32Array(graph.count).fill(-1); // the input by which the best path goes on
  const norms = whole.norms[shown.sweep];
  const flows = whole.flows[shown.sweep];
  nodes[target] = 1;
  gain[target] = 0;
  for (let v = target; v > source; v--) {
    if (!nodes[v]) continue;
    for (let slot = first[v]; slot < first[v + 1]; slot++) {
      const p = parents[slot];
      if (p < source || !below[p]) continue;
      nodes[p] = 1;
      slots[slot] = 1;
      const local = flows[slot] - norms[v];
      const found = gain[v] + (Number.isFinite(local) && Math.abs(local) < 1e29 ? local : -Infinity);
      if (found > gain[p]) {
        gain[p] = found;
        step[p] = slot;
      }
    }
  }
  const strongest = [];
  if (data.measured && gain[source] > -Infinity) {
    for (let v = source; v !== target; v = graph.child[step[v]]) strongest.push(step[v]);
  }
  const count = countPaths(source, target, nodes, slots, parents);
  for (const [slot, entry] of around) {
    if (!slots[slot]) continue;
    slots[entry] = 1;
    nodes[graph.child[entry]] = 1;
  }
  const way = strongest.flatMap((slot) => (around.has(slot) ? [around.get(slot), slot] : [slot]));
  return { nodes, slots, strongest: way, gain: gain[source], count };
}

// Parents, where what reads a step of a stack depends on that step alone; and by which edge it entered the stack.
function pastStacks(source) {
  const { graph } = whole;
  const parents = graph.parents.slice();
  const around = new Map();
  for (const [read, entry] of stacked) {
    if (graph.child[entry] === source) continue;
    parents[graph.first[read]] = graph.parents[entry];
    around.set(graph.first[read], entry);
  }
  return { parents, around };
}

// An exact number, of which a long sequence has hundreds of digits; what is not needed any more is let go.
function countPaths(source, target, nodes, slots, parents) {
  const { first } = whole.graph;
  const lastUse = new Map();
  for (let v = source + 1; v <= target; v++) {
    for (let slot = first[v]; slot < first[v + 1]; slot++) if (slots[slot]) lastUse.set(parents[slot], v);
  }
  const counts = new Map([[source, 1n]]);
  for (let v = source + 1; v <= target; v++) {
    if (!nodes[v]) continue;
    let ways = 0n;
    for (let slot = first[v]; slot < first[v + 1]; slot++) if (slots[slot]) ways += counts.get(parents[slot]);
    counts.set(v, ways);
    for (let slot = first[v]; slot < first[v + 1]; slot++) {
      if (slots[slot] && lastUse.get(parents[slot]) === v) counts.delete(parents[slot]);
    }
  }
  return counts.get(target);
}

// "12,345", or "1.23 × 10⁴⁵".
function countText(count) {
  const digits = count.toString();
  if (digits.length <= 12) return digits.replace(/\B(?=(\d{3})+$)/g, ",");
  return `${digits[0]}.${digits.slice(1, 3)} × ${powerOfTen(digits.length - 1)}`;
}

function pick(v) {
  if (v < 0) return clearPath();
  if (picked.ends.length === 2 || picked.ends[0] === v) clearPath();
  picked.ends.push(v);
  if (picked.ends.length === 2) showPath();
  tell();
  redraw();
}

function showPath() {
  const [a, b] = picked.ends;
  const found = between(Math.min(a, b), Math.max(a, b));
  picked.on = found !== null;
  picked.found = found;
  if (found) mark();
  version++;
}

function clearPath() {
  Object.assign(picked, { ends: [], on: false, found: null, way: [] });
  version++;
  tell();
  redraw();
}

// On the level that is seen: 1 for what is on a path, 2 for what is on the one with the most gradient.
function mark() {
  const { graph } = level;
  const { nodes, slots, strongest } = picked.found;
  picked.vertices = new Uint8Array(graph.count);
  picked.edges = new Uint8Array(graph.parents.length);
  nodes.forEach((on, v) => {
    if (on) picked.vertices[groupOf(v)] = Math.max(picked.vertices[groupOf(v)], 1);
  });
  const put = (slot, value) => {
    const from = groupOf(whole.graph.parents[slot]);
    const to = groupOf(whole.graph.child[slot]);
    if (from === to) return;
    for (let k = graph.first[to]; k < graph.first[to + 1]; k++) {
      if (!level.group && k !== slot) continue; // two edges may join the same vertices
      if (graph.parents[k] === from) picked.edges[k] = Math.max(picked.edges[k], value);
    }
  };
  slots.forEach((on, slot) => {
    if (on) put(slot, 1);
  });
  picked.way = [];
  for (const slot of strongest) {
    put(slot, 2);
    for (const v of [whole.graph.parents[slot], whole.graph.child[slot]]) {
      picked.vertices[groupOf(v)] = 2;
      if (picked.way[picked.way.length - 1] !== groupOf(v)) picked.way.push(groupOf(v));
    }
  }
}

// What was highlighted when the page was written.
function givenPath() {
  const given = data.highlight;
  if (!given) return;
  picked.ends = [given.sources[0], given.target];
  if (given.paths === "0x0") return; // which is said
  const nodes = new Uint8Array(whole.graph.count);
  const slots = new Uint8Array(whole.graph.parents.length);
  for (const v of unroll(given.vertices)) nodes[v] = 1;
  for (const slot of unroll(given.edges)) slots[slot] = 1;
  const strongest = [...unroll(given.strongest)];
  picked.found = { nodes, slots, strongest, gain: NaN, count: BigInt(given.paths) };
  picked.on = true;
  mark();
}
