// The numbers that are shown now: of one sweep, and of those only what is known at a stop of the backward pass.

const shown = { sweep: 0, stop: -1, norms: null, flows: null, known: null };
let version = 0; // of what the heat matrix shows
const UNKNOWN = Math.fround(-1e30); // in the place of a logarithm: not known yet

// The stops of the backward pass, as in frames.py: it goes from the newest vertex to the oldest, and rests where the
// time step changes. Before the first only the outputs are known.
const stops = [];
const passed = new Int32Array(whole.graph.count).fill(-1); // the stop at which a vertex passes its gradient on
const reached = new Int32Array(whole.graph.count).fill(-1); // and at which its own is complete

function findStops() {
  if (!data.measured) return;
  const { first, parents, count } = whole.graph;
  const flows = whole.flows[0];
  stops.push({ t: null, members: [] });
  for (let v = count - 1; v >= 0; v--) {
    if (Number.isNaN(whole.norms[0][v])) continue;
    reached[v] = Math.max(reached[v], 0);
    const out = [];
    for (let slot = first[v]; slot < first[v + 1]; slot++)
      if (!Number.isNaN(flows[slot]) && parents[slot] >= 0) out.push(slot);
    if (!out.length) continue;
    const t = timeOf(whole.graph, v);
    if (stops.length === 1 || stops[stops.length - 1].t !== t) stops.push({ t, members: [] });
    passed[v] = stops.length - 1;
    stops[passed[v]].members.push(v);
    for (const slot of out) reached[parents[slot]] = Math.max(reached[parents[slot]], passed[v]);
  }
}

// Of the level that is seen: what is known at the stop.
function setNumbers() {
  const norms = level.norms[shown.sweep];
  const flows = level.flows[shown.sweep];
  version++;
  if (shown.stop < 0 || shown.stop >= stops.length - 1) {
    [shown.norms, shown.flows] = [norms, flows];
    return;
  }
  shown.norms = norms.map((log, v) => (reached[level.last[v]] > shown.stop ? UNKNOWN : log));
  shown.flows = flows.map((log, slot) => {
    const from = level.earliest[level.graph.child[slot]];
    return passed[from] > shown.stop ? UNKNOWN : log;
  });
}

function setLevel(name) {
  level = levelNamed(name);
  setNumbers();
}

const normOf = (box) => {
  if (box.form.spread) return box.form.spread[1];
  return box.vertex < 0 ? NaN : shown.norms[box.vertex];
};
const flowOf = (line) => (Number.isNaN(line.own) ? (line.edge < 0 ? NaN : shown.flows[line.edge]) : line.own);
