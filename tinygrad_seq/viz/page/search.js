// Search: words in names, operations and module paths, and t=37, t=3..9, gate=f, op=tanh, path=l0, name=c.

const results = { found: [], at: -1 };

// An example of what is in this graph.
function example() {
  const { kinds } = whole.graph;
  const named = kinds.find((kind) => kind.t && kind.name === "f") || kinds.find((kind) => kind.t && kind.name);
  const other = kinds.find((kind) => !kind.leaf);
  const what = named ? `gate=${named.name}` : other ? `op=${other.op}` : "name=";
  return times.length ? `t=${times[times.length >> 1]} ${what}` : what;
}

function search(text) {
  const tests = text.trim().toLowerCase().split(/\s+/).filter(Boolean).map(test);
  results.found = [];
  results.at = -1;
  if (!tests.length) return;
  const { graph } = whole;
  const kinds = graph.kinds.map((kind) => tests.map(({ ofKind }) => (ofKind ? ofKind(kind) : true)));
  for (let v = 0; v < graph.count; v++) {
    const ok = kinds[graph.kind[v]];
    if (tests.every(({ ofTime }, k) => ok[k] && (!ofTime || ofTime(timeOf(graph, v))))) results.found.push(v);
  }
}

function test(word) {
  const [, key, value] = /^(t|time|step|gate|role|name|op|path|module|layer)=(.*)$/.exec(word) || [null, "", word];
  const [from, to] = value.split("..");
  const last = times[times.length - 1];
  const step = (text, otherwise) =>
    text === "" || text === undefined ? otherwise : Number(text) < 0 ? last + 1 + Number(text) : Number(text);
  if (["t", "time", "step"].includes(key)) {
    const [low_, high_] = [step(from, times[0]), value.includes("..") ? step(to, last) : step(from, NaN)];
    return { ofTime: (t) => t !== null && t >= low_ && t <= high_ };
  }
  const own = (kind) => kind.name.toLowerCase();
  if (["gate", "role", "name"].includes(key)) {
    return { ofKind: (kind) => own(kind) === value || own(kind).split(".").pop() === value };
  }
  if (key === "op") return { ofKind: (kind) => kind.op.toLowerCase() === value };
  if (key) return { ofKind: (kind) => `/${kind.path.toLowerCase()}/`.includes(`/${value}`) };
  return {
    ofKind: (kind) => [own(kind), kind.op.toLowerCase(), kind.path.toLowerCase()].some((s) => s.includes(value)),
  };
}

// To the next result, or back.
function visit(by) {
  const { found } = results;
  if (!found.length) return;
  results.at = results.at < 0 ? (by > 0 ? 0 : found.length - 1) : (results.at + by + found.length) % found.length;
  select(groupOf(found[results.at]));
  if (cursor.box) goTo(cursor.box);
}

// Make a vertex of the level the one that is told about.
function select(v) {
  cursor.vertex = v;
  cursor.box = v >= 0 && level.boxOf[v] >= 0 ? level.boxes[level.boxOf[v]] : null;
}

// With the keys from box to box: to the same role of the next step, or to the next role of the step.
function move(dx, dy) {
  let box = cursor.box;
  if (!box) {
    const column = level.count
      ? level.boxesAt[Math.floor((visibleColumns()[0] + visibleColumns()[1]) / 2)]
      : level.beside;
    box = column[0];
  } else if (dx && box.column >= 0) {
    const next = (level.boxesAt[box.column + dx] || []).find(
      (b) => b.form.band === box.form.band && b.form.role === box.form.role,
    );
    box = next || nearest(box, dx, 0);
  } else {
    box = nearest(box, dx, dy);
  }
  if (!box) return;
  select(box.vertex);
  cursor.box = box;
  const [x, y] = center(box);
  if (x < 20 || x > stage.width - 20 || y < stage.top || y > stage.height - 20) goTo(box, camera.sx);
  redraw();
  showCard({ box }, ...center(box));
  say(box.vertex >= 0 ? title(level.graph, box.vertex) : box.form.sign);
}

function nearest(box, dx, dy) {
  const others = box.column >= 0 && dy ? level.boxesAt[box.column].concat(level.beside) : level.boxes;
  let best = null;
  let least = Infinity;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  for (const other of others) {
    const along = (other.x + other.width / 2 - x) * dx + (other.y + other.height / 2 - y) * dy;
    if (along <= 1) continue;
    const aside = Math.abs((other.x + other.width / 2 - x) * dy) + Math.abs((other.y + other.height / 2 - y) * dx);
    if (along + 3 * aside < least) [best, least] = [other, along + 3 * aside];
  }
  return best;
}
