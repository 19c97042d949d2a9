// One frame: what can be seen of the level, in the detail that its scale allows.

const canvas = document.getElementById("stage");
const strip = document.getElementById("map");
let waiting = false;

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    frame();
    remember();
  });
}

function frame() {
  const ratio = devicePixelRatio || 1;
  const { width, height } = stage;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    [canvas.width, canvas.height] = [Math.round(width * ratio), Math.round(height * ratio)];
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  draw(new CanvasPen(context), width, height);
  if (level.count > 1) drawStrip(strip, strip.clientWidth, strip.clientHeight);
}

function draw(pen, width, height) {
  const seen = visibleColumns();
  const columns = level.count ? detail(camera.sx) : 0;
  pen.rect(0, 0, width, height, { fill: theme.page });
  drawGround(pen, columns, seen);
  const lines = visibleLines(columns, seen);
  drawHalos(pen, lines);
  drawLines(pen, lines);
  level.bands.forEach((band, k) => { if (columns === 0 || band.folded) drawHeat(pen, k, ...seen); });
  const [from, to] = columns > 0 ? seen : [0, -1];
  for (let k = from; k <= to; k++) {
    for (const box of level.boxesAt[k]) if (!level.bands[box.form.band].folded) drawBox(pen, box, columns);
  }
  drawBeside(pen);
  if (columns === 0 && level.count) {
    drawStrongest(pen);
    level.bands.forEach((band, k) => drawRoleNames(pen, k));
  }
  if (columns >= 3) drawStubs(pen, level.stubsAt.slice(from, to + 1).flat());
  if (columns === 4) drawFlows(pen, lines);
  drawBandNames(pen);
  if (level.count) drawAxis(pen, width, ...seen);
}

// What stands behind everything.

function drawGround(pen, columns, [from, to]) {
  if (level.count && columns > 0) {
    const { width } = level.columns;
    const [top, bottom] = [Y(level.bands[level.bands.length - 1].top) - 6, Y(level.bands[0].bottom) + 6];
    for (let k = from; k <= to; k++) {
      const x = X(level.left(k));
      pen.rect(x, top, width * camera.sx, bottom - top, { fill: theme.column });
    }
  }
  for (const band of level.bands) {
    const [left, right] = [X(level.begin + 6), X(level.end - 6)];
    const place = [Math.max(left, -20), Y(band.top)];
    const size = [Math.min(right, stage.width + 20) - place[0], Y(band.bottom) - Y(band.top)];
    pen.rect(...place, ...size, { stroke: theme.module, line: 1.2, radius: 6 });
  }
  for (const [kind, x, y, width, height] of level.frames) {
    const to = kind === "shelf" ? shelfX : X;
    const wide = kind === "shelf" ? Math.max(level.stickyWidth + 12 - x, 60) : width;
    const look = { fill: kind === "shelf" ? theme.shelf : theme.cell, stroke: theme.module, radius: 6 };
    pen.rect(to(x), Y(y), to(x + wide) - to(x), Y(y + height) - Y(y), look);
  }
}

function drawBandNames(pen) {
  level.bands.forEach((band, k) => {
    const words = `${band.folded ? "▸" : "▾"} ${band.name || "no module"}${band.reversed ? "  ←" : ""}`;
    pen.text(words, Math.max(X(level.begin + 6), 6) + 2, Y(band.top) - 5, { size: 11, color: theme.soft, bold: true });
  });
  const size = Math.min(11 * camera.sb, 12);
  if (size < 6) return;
  for (const [x, y, words] of level.texts) {
    if (level.bands.some((band) => band.name === words || (!band.name && words === "no module"))) continue;
    const px = words === "parameters" ? shelfX(x) : X(x);
    pen.text(words, px, Y(y), { size, color: theme.soft, bold: true });
  }
}

function drawAxis(pen, width, from, to) {
  const pitch = level.columns.pitch * camera.sx;
  pen.rect(0, 0, width, stage.top - 4, { fill: theme.page, alpha: 0.92 });
  const step = niceStep(to - from + 1, Math.min(width, (to - from + 1) * pitch) / 52);
  for (let k = Math.ceil(from / step) * step; k <= to; k += step) {
    const x = X(level.left(k) + level.columns.width / 2);
    const words = level.name === "rolled" ? `t = ${times[0]} … ${times[times.length - 1]}` : `t = ${times[k]}`;
    pen.text(words, x, 16, { size: 11.5, color: theme.soft, bold: true, align: "center" });
    if (pitch < 40) pen.rect(x - 0.5, 20, 1, 5, { fill: theme.outline });
  }
}

// Lines.

function visibleLines(columns, [from, to]) {
  const found = level.linesBeside.filter((line) => !(line.form.kind === "lead" && columns === 0));
  const long = (level.longLines ??= longLines());
  if (columns < 2) for (const { members, kind } of long) found.push(kind === "bus" ? members[0] : members[members.length - 1]);
  if (columns === 0) return found;
  const wanted = (line) => {
    const { kind } = line.form;
    if (columns === 1 && kind !== "rail" && kind !== "init") return false;
    const bands = [level.boxes[line.source].form.band, level.boxes[line.target].form.band];
    return !(kind === "step" && level.bands[bands[1]].folded);
  };
  for (let k = from; k <= to; k++) for (const line of level.linesAt[k]) if (wanted(line)) found.push(line);
  if (columns < 2) return found;
  // What runs on to columns out of sight, once for all of them.
  for (const { members, kind } of long) {
    const line = kind === "bus" ? members[members.length - 1] : members[0];
    if (line.column < from || line.column > to) found.push(line);
  }
  return found;
}

function longLines() {
  const forms = new Set(level.lines.map((line) => line.form));
  return [...forms].filter((form) => form.kind === "bus" || form.kind === "collect");
}

function trace(pen, path, line, round) {
  const { points } = line.form;
  const left = line.column >= 0 ? level.left(line.column) : 0;
  const shelf = line.form.kind === "shelf";
  const at = (k) => {
    const [x, y, absolute] = points[k];
    return [shelf ? shelfX(x) : X(absolute ? x : left + x), Y(y)];
  };
  let [x, y] = at(0);
  path.moveTo(x, y);
  let next = at(1);
  for (let k = 1; k < points.length; k++) {
    const here = next;
    if (k + 1 < points.length) {
      next = at(k + 1);
      const before = Math.abs(here[0] - x) + Math.abs(here[1] - y);
      const after = Math.abs(next[0] - here[0]) + Math.abs(next[1] - here[1]);
      const radius = Math.min(round, before / 2, after / 2);
      if (radius > 0.8) path.arcTo(...here, ...next, radius);
      else path.lineTo(...here);
    } else {
      path.lineTo(...here);
    }
    [x, y] = here;
  }
  const [px, py] = at(points.length - 2);
  const size = Math.hypot(x - px, y - py) || 1;
  return { x, y, dx: (x - px) / size, dy: (y - py) / size };
}

const lineScale = (line) => (line.column >= 0 ? camera.sx : camera.sb);

function drawHalos(pen, lines) {
  if (!picked.on) return;
  for (const strong of [false, true]) {
    const path = pen.path();
    for (const line of lines) {
      if (line.edge >= 0 && picked.edges[line.edge] === (strong ? 2 : 1)) trace(pen, path, line, 5 * camera.sx);
    }
    const width = Math.min(Math.max((strong ? 9 : 7) * camera.sx, strong ? 4 : 2.5), 10);
    pen.stroke(path, { color: theme.hot, width, alpha: strong ? 0.9 : 0.3, cap: "round" });
  }
}

function drawLines(pen, lines) {
  const buckets = new Map();
  for (const line of lines) {
    const scale = lineScale(line);
    const log = flowOf(line);
    const bin = log === UNKNOWN ? -9 : data.measured ? binOf(log) : -8;
    const dim = picked.on && !(line.edge >= 0 && picked.edges[line.edge]);
    const heavy = scale < 0.16 ? 0 : scale < 0.5 ? 1 : 2;
    const key = bin * 8 + heavy * 2 + (dim ? 1 : 0);
    if (!buckets.has(key)) buckets.set(key, { bin, heavy, dim, path: pen.path(), heads: pen.path() });
    const bucket = buckets.get(key);
    const end = trace(pen, bucket.path, line, heavy > 1 ? 5 * scale : 0);
    if (heavy > 0) {
      const size = heavy > 1 ? 6 * Math.min(Math.max(scale, 0.7), 1.4) : 3.5;
      const half = size * 0.55;
      const [bx, by] = [end.x - end.dx * size, end.y - end.dy * size];
      bucket.heads.moveTo(end.x, end.y);
      bucket.heads.lineTo(bx - end.dy * half, by + end.dx * half);
      bucket.heads.lineTo(bx + end.dy * half, by - end.dx * half);
      bucket.heads.closePath();
    }
  }
  for (const [, { bin, heavy, dim, path, heads }] of [...buckets].sort((a, b) => a[0] - b[0])) {
    const plain = bin <= -8;
    const color = bin === -9 ? theme.faint : bin === -8 ? theme.outline : colorOf(bin);
    const width = (plain ? 1.1 : widthOf(bin)) * [0.75, 0.7, 1][heavy];
    const alpha = (dim ? 0.18 : 1) * (bin === -9 ? 0.45 : 1);
    pen.stroke(path, { color, width, alpha, dash: plain ? null : dashOf(bin) });
    pen.fill(heads, { color, alpha });
  }
}

// The path with the most gradient, over the matrix.
function drawStrongest(pen) {
  if (!picked.on || !picked.way.length) return;
  const path = pen.path();
  let begun = false;
  for (const v of picked.way) {
    const box = level.boxes[level.boxOf[v]];
    if (!box) continue;
    const [x, y] = center(box);
    if (begun) path.lineTo(x, y);
    else path.moveTo(x, y);
    begun = true;
  }
  pen.stroke(path, { color: theme.hot, width: 2, alpha: 0.95, cap: "round" });
}

// Where a box is seen: in the matrix in the row of its role.
function center(box) {
  if (box.column >= 0 && (detail(camera.sx) === 0 || level.bands[box.form.band].folded)) {
    const [top, bottom] = bandPlace(box.form.band);
    const roles = rolesOf(box.form.band);
    return [X(level.left(box.column) + level.columns.width / 2), top + ((box.row + 0.5) / roles.length) * (bottom - top)];
  }
  const [x, y, width, height] = placeOf(box);
  return [x + width / 2, y + height / 2];
}

function placeOf(box) {
  const to = box.form.where === "shelf" ? shelfX : X;
  const x = to(box.x);
  const y = Y(box.y);
  return [x, y, to(box.x + box.width) - x, Y(box.y + box.height) - y];
}

// Boxes.

function drawBox(pen, box, level_) {
  const [x, y, width, height] = placeOf(box);
  if (x > stage.width || x + width < 0 || y > stage.height || y + height < 0) return;
  const log = normOf(box);
  const unknown = log === UNKNOWN;
  const bin = unknown || !data.measured || box.vertex < 0 ? null : binOf(log);
  const hot = picked.on && isHot(box);
  const alpha = picked.on && !hot ? 0.3 : 1;
  const end = isEnd(box);
  if (level_ === 1) {
    pen.rect(x, y, width, height, { fill: theme.box, alpha });
    if (bin !== null && bin >= 0) {
      const tall = Math.max(height * (0.12 + 0.88 * partOf(log)), 1);
      pen.rect(x, y + height - tall, width, tall, { fill: colorOf(bin), alpha });
    } else if (bin !== null) {
      pen.rect(x, y + height - 2, width, 2, { fill: colorOf(bin), alpha });
    }
    if (end) pen.rect(x - 1, y - 1, width + 2, height + 2, { stroke: theme.hot, line: 2 });
    return;
  }
  const scale = Math.min(width / box.width, height / box.height);
  const chosen = cursor.box === box;
  const strong = hot && picked.vertices[box.vertex] === 2;
  pen.rect(x, y, width, height, {
    fill: box.vertex < 0 ? theme.gap : theme.box,
    stroke: end || strong ? theme.hot : chosen ? theme.ink : hot ? theme.hot : theme.outline,
    line: end ? 3 : strong ? 2.5 : chosen ? 2 : 1,
    radius: Math.min(4, 5 * scale),
    dash: box.vertex < 0 || unknown ? [4, 3] : null,
    alpha,
  });
  const bar = bin === null ? 0 : Math.max(Math.min(3 * Math.max(scale, 1), 6), width < 24 ? width * 0.22 : 0);
  if (bar) pen.rect(x + 2, y + 3, bar, height - 6, { fill: colorOf(bin), radius: 1.2, alpha });
  drawWords(pen, box, log, { x, y, width, height, scale, bar, alpha, detail: level_ });
}

function drawWords(pen, box, log, { x, y, width, height, scale, bar, alpha, detail: level_ }) {
  const { name, note } = box.form;
  const sign = signOf(box, level.graph);
  const room = width - bar - Math.min(7, 2 + width * 0.15);
  const middle = x + width - Math.min(3, 1 + width * 0.06) - room / 2;
  const size = Math.min(11.5 * Math.max(scale, Math.min(width / 44, 1) * 0.95), 13);
  const whole_ = name && sign ? size * (0.64 * name.length + 0.6 * sign.length + 0.4) : 0;
  const both = whole_ > 0 && Math.min(room / whole_, 1) * size > 6 && room / whole_ > 0.62;
  const lines = level_ >= 3 ? [note] : [];
  if (level_ === 4 && box.vertex >= 0) {
    if (data.measured) lines.push(`‖∂L‖ ${log === UNKNOWN ? "?" : shortText(log)}`);
    const found = values.get(level.last[box.vertex]);
    if (found && height > 78) lines.push(`μ ${brief(found[0])}  σ ${brief(found[1])}`, `${brief(found[2])} … ${brief(found[3])}`);
  }
  const rows = lines.slice(0, Math.max(Math.floor(height / (size * 1.2)) - 1, 0));
  let at = y + (height - size * (1.1 + 1.05 * rows.length)) / 2 + size * 0.95;
  const look = { color: theme.ink, alpha };
  if (both) {
    const used = size * Math.min(room / whole_, 1);
    const left = middle - (whole_ * used) / size / 2;
    pen.text(name, left, at, { ...look, size: used, bold: true });
    pen.text(sign, left + (name.length * 0.64 + 0.4) * used, at, { ...look, size: used });
  } else {
    // Where there is no room for both, what has a name is called by it.
    const words = name || sign;
    const used = Math.min(Math.max(size, 12 * (1 - rows.length)), room / Math.max(words.length * 0.62, 0.62), height * 0.5);
    const y_ = rows.length ? at : y + height / 2 + used * 0.36;
    if (used >= 5) pen.text(words, middle, y_, { ...look, size: used, bold: Boolean(name), align: "center" });
  }
  for (const row of rows) {
    at += size * 1.08;
    const small = Math.min(size * 0.8, room / (row.length * 0.5));
    if (small >= 5) pen.text(row, middle, at, { size: small, color: theme.soft, align: "center", alpha });
  }
}

const brief = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(2))) : String(x));

function shortText(log) {
  if (!(log > -1e29 && log < NOT_A_NUMBER)) return { "exactly 0": "0", infinite: "∞", "not a number": "NaN" }[normText(log)] || "–";
  return log >= -3 && log < 4 ? brief(10 ** log) : normText(log).replace(/\.(\d)\d/, ".$1");
}

// What stands before and after the columns, and the parameters: their lines are in `visibleLines`.
function drawBeside(pen) {
  const level_ = Math.max(detail(camera.sb), 2);
  for (const box of level.beside) drawBox(pen, box, level_);
  if (level_ >= 3) drawStubs(pen, level.stubsBeside);
}

function drawStubs(pen, stubs) {
  for (const stub of stubs) {
    const target = level.boxes[stub.target];
    if (target.column >= 0 && level.bands[target.form.band].folded) continue;
    const left = stub.column >= 0 ? level.left(stub.column) : 0;
    const shelf = target.form.where === "shelf";
    const to = shelf ? shelfX : X;
    const [x, y, width, height] = stub.form.area;
    const log = flowOf(stub);
    const bin = log === UNKNOWN ? -1 : data.measured ? binOf(log) : -1;
    const path = pen.path();
    stub.form.points.forEach(([px, py], k) => {
      if (k) path.lineTo(to(left + px), Y(py));
      else path.moveTo(to(left + px), Y(py));
    });
    const hot = picked.on && stub.edge >= 0 && picked.edges[stub.edge];
    const alpha = picked.on && !hot ? 0.25 : 1;
    if (hot) pen.stroke(path, { color: theme.hot, width: hot === 2 ? 7 : 5, alpha: hot === 2 ? 0.9 : 0.3 });
    pen.stroke(path, { color: colorOf(bin), width: widthOf(bin), dash: dashOf(bin), alpha });
    const tall = Y(y + height) - Y(y);
    const wide = to(left + x + width) - to(left + x);
    const outline = hot || cursor.vertex === level.boxes[stub.source]?.vertex ? theme.hot : theme.outline;
    pen.rect(to(left + x), Y(y), wide, tall, { fill: theme.page, stroke: outline, line: 0.9, radius: Math.min(tall / 2, 10), alpha });
    const size = Math.min(9 * Math.min(wide / width, tall / height), 12);
    pen.text(stub.form.label, to(left + x) + wide / 2, Y(y) + tall / 2 + size * 0.34, { size, color: theme.ink, align: "center", alpha });
  }
}

// The norm along each line, at the middle of its longest piece.
function drawFlows(pen, lines) {
  if (!data.measured) return;
  for (const line of lines) {
    if (line.column < 0 && camera.sb < 1.15) continue;
    const log = flowOf(line);
    if (log === UNKNOWN || Number.isNaN(log)) continue;
    const { points, kind } = line.form;
    if (kind === "bus" || kind === "collect" || kind === "shelf") continue;
    const left = line.column >= 0 ? level.left(line.column) : 0;
    let best = null;
    for (let k = 1; k < points.length; k++) {
      const [[x0, y0, a0], [x1, y1, a1]] = [points[k - 1], points[k]];
      const from = [X(a0 ? x0 : left + x0), Y(y0)];
      const to = [X(a1 ? x1 : left + x1), Y(y1)];
      const long = Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]);
      if (!best || long > best.long) best = { long, x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2 };
    }
    if (best.long < 22) continue;
    const words = shortText(log);
    const wide = words.length * 4.9 + 6;
    if (best.x < -wide || best.x > stage.width + wide || best.y < 0 || best.y > stage.height) continue;
    pen.rect(best.x - wide / 2, best.y - 6, wide, 12, { fill: theme.page, radius: 3, alpha: 0.9 });
    pen.text(words, best.x, best.y + 3.2, { size: 9, color: theme.ink, align: "center" });
  }
}
