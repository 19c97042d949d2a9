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
  if (level.count > 1 && level.name !== "rolled") drawStrip(strip, strip.clientWidth, strip.clientHeight);
}

function draw(pen, width, height) {
  const seen = visibleColumns();
  const columns = level.count ? detail(camera.sx) : 0;
  pen.rect(0, 0, width, height, { fill: theme.page });
  drawGround(pen, columns, seen);
  const lines = visibleLines(columns, seen);
  drawHalos(pen, lines);
  drawLines(pen, lines);
  level.bands.forEach((band, k) => {
    if (columns === 0 || band.folded) drawHeat(pen, k, ...seen);
  });
  drawMasked(pen, columns, seen);
  if (columns > 0) drawAttention(pen, seen);
  const [from, to] = columns > 0 ? seen : [0, -1];
  for (let k = from; k <= to; k++) {
    for (const box of level.boxesAt[k]) if (!level.bands[box.form.band].folded) drawBox(pen, box, columns);
  }
  drawBeside(pen);
  if (columns === 0 && level.count) {
    drawStrongest(pen);
    level.bands.forEach((band, k) => {
      if (isInSight(band)) drawRoleNames(pen, k);
    });
  }
  if (columns >= 3) drawStubs(pen, level.stubsAt.slice(from, to + 1).flat());
  if (columns === 4 || level.name === "rolled") drawFlows(pen, lines, columns === 4);
  drawBandNames(pen);
  if (level.count) drawAxis(pen, width, ...seen);
}

// What stands behind everything.

function drawGround(pen, columns, [from, to]) {
  if (level.count && columns > 0) {
    for (let k = from; k <= to; k++) {
      const own = level.bands.filter(({ first, last }) => first <= k && k <= last);
      if (!own.length) continue;
      const top = Y(own.reduce((y, band) => Math.min(y, band.top), Infinity)) - 6;
      const bottom = Y(own.reduce((y, band) => Math.max(y, band.bottom), 0)) + 6;
      pen.rect(X(level.left(k)), top, level.columnWidth * camera.sx, bottom - top, { fill: theme.column });
    }
  }
  for (const band of level.bands) {
    const [left, right] = [X(level.left(band.first) - 6), X(level.left(band.last) + level.columnWidth + 6)];
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
  for (const band of level.bands.filter(isInSight)) {
    const words = `${band.folded ? "▸" : "▾"} ${band.name || "no module"}${band.reversed ? "  ←" : ""}`;
    const [x, y] = [Math.max(X(level.left(band.first) - 6), 6) + 2, Y(band.top) - 5];
    pen.rect(x - 2, y - 10, words.length * 6.4 + 6, 13, { fill: theme.page, radius: 3, alpha: 0.85 });
    pen.text(words, x, y, { size: 11, color: theme.soft, bold: true });
  }
  const size = Math.min(11 * camera.sb, 12);
  if (size < 6) return;
  for (const [x, y, words] of level.texts) {
    if (level.bands.some((band) => band.name === words || (!band.name && words === "no module"))) continue;
    const px = words === "parameters" ? shelfX(x) : X(x);
    pen.text(words, px, Y(y), { size, color: theme.soft, bold: true });
  }
}

function drawAxis(pen, width, from, to) {
  const pitch = level.pitch * camera.sx;
  pen.rect(0, 0, width, stage.top - 4, { fill: theme.page, alpha: 0.92 });
  const step = niceStep(to - from + 1, Math.min(width, (to - from + 1) * pitch) / 52);
  for (let k = Math.ceil(from / step) * step; k <= to; k += step) {
    const x = X(level.left(k) + level.columnWidth / 2);
    const words = `t = ${level.first[k]}${level.final[k] === level.first[k] ? "" : ` … ${level.final[k]}`}`;
    pen.text(words, x, 16, { size: 11.5, color: theme.soft, bold: true, align: "center" });
    if (pitch < 40) pen.rect(x - 0.5, 20, 1, 5, { fill: theme.outline });
  }
}

// Hatched: the steps that not all rows take, densely those that none does.
function drawMasked(pen, columns, [from, to]) {
  for (const { band, spans } of level.masked) {
    const [top, bottom] = [Y(level.bands[band].top), Y(level.bands[band].bottom)];
    for (const { first, last, live } of spans) {
      if (last < from || first > to) continue;
      const left = Math.max(X(level.left(Math.max(first, from))), -20);
      const right = Math.min(X(level.left(Math.min(last, to)) + level.columnWidth), stage.width + 20);
      const path = pen.path();
      for (let x = left - (bottom - top); x < right; x += 7) {
        path.moveTo(x, bottom);
        path.lineTo(x + bottom - top, top);
      }
      pen.clip(left, top, right - left, bottom - top);
      const color = columns === 0 ? theme.page : theme.outline;
      pen.stroke(path, { color, width: 1.3, alpha: live ? 0.35 : 0.7 });
      pen.unclip();
    }
  }
}

// In arcs from the steps that are attended to, at the top of the highest band below that has as many, to the step that
// does.
function drawAttention(pen, [from, to]) {
  if (!attention.size) return;
  const groups = Array.from({ length: 10 }, () => pen.path());
  for (let k = from; k <= to; k++) {
    for (const box of level.boxesAt[k]) {
      const weights = box.vertex < 0 ? null : attentionOf(box);
      const band = weights ? encoderOf(box.form.band, weights.length) : -1;
      if (band < 0) continue;
      const [x, y] = center(box);
      const top = Y(level.bands[band].top);
      weights.forEach((weight, s) => {
        const begin = X(level.left(level.bands[band].first + s) + level.columnWidth / 2);
        if (weight < 0.02 || Math.max(x, begin) < 0 || Math.min(x, begin) > stage.width) return;
        const path = groups[Math.min(Math.floor(weight * 10), 9)];
        path.moveTo(begin, top);
        const over = Math.min(top, y) - Math.min(Math.abs(x - begin) / 4, 90 * camera.sy);
        path.bezierCurveTo(begin, over, x, over, x, y);
      });
    }
  }
  groups.forEach((path, k) => {
    pen.stroke(path, { color: theme.attention, width: 0.8 + 0.45 * k, alpha: 0.25 + 0.07 * k, cap: "round" });
  });
}

// The weights of a box, or of one of the values that it stands for.
function attentionOf(box) {
  if (!level.attending) {
    level.attending = new Map();
    for (const [v, weights] of attention) level.attending.set(groupOf(v), weights);
  }
  return level.attending.get(box.vertex);
}

function encoderOf(band, steps) {
  const filled = (other) =>
    rolesOf(other).length && level.roles[`cells ${other}`].filter((cells) => cells.length).length;
  for (let other = band - 1; other >= 0; other--) if (filled(other) === steps) return other;
  return -1;
}

// Lines.

function visibleLines(columns, [from, to]) {
  const found = level.linesBeside.filter((line) => !(line.form.kind === "lead" && columns === 0));
  const long = (level.longLines ??= longLines());
  if (columns < 2)
    for (const { members, kind } of long) found.push(kind === "bus" ? members[0] : members[members.length - 1]);
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
    // What is out of sight need not be far away: dashes are paid for by their length.
    const px = shelf ? shelfX(x) : X(absolute ? x : left + x);
    return [Math.min(Math.max(px, -60), stage.width + 60), Math.min(Math.max(Y(y), -60), stage.height + 60)];
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
    if (!box || box.column < 0) {
      begun = false; // beside the matrix its lines are drawn
      continue;
    }
    const [x, y] = center(box);
    if (begun) path.lineTo(x, y);
    else path.moveTo(x, y);
    begun = true;
  }
  pen.stroke(path, { color: theme.hot, width: 2, alpha: 0.95, cap: "round" });
}

// The norm along each line; in a rolled picture what a recurrent edge does.
function drawFlows(pen, lines, numbers) {
  for (const line of lines) {
    const { kind } = line.form;
    const log = flowOf(line);
    const loop = kind === "loop" ? "t → t + 1" : "";
    const told =
      numbers && data.measured && (line.column >= 0 || camera.sb >= 1.15) && log !== UNKNOWN && !Number.isNaN(log);
    if (kind === "bus" || kind === "collect" || kind === "shelf" || !(told || loop)) continue;
    chip(pen, line, [loop, told ? shortText(log) : ""].filter(Boolean).join("  "));
  }
}

// A word at the middle of the longest piece of a line.
function chip(pen, line, words) {
  const { points } = line.form;
  const left = line.column >= 0 ? level.left(line.column) : 0;
  let best = null;
  for (let k = 1; k < points.length; k++) {
    const [from, to] = [points[k - 1], points[k]].map(([x, y, absolute]) => [X(absolute ? x : left + x), Y(y)]);
    const long = Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]);
    if (!best || long > best.long) best = { long, x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2 };
  }
  const wide = words.length * 4.9 + 6;
  if (best.long < 22 || best.x < -wide || best.x > stage.width + wide || best.y < 0 || best.y > stage.height) return;
  pen.rect(best.x - wide / 2, best.y - 6, wide, 12, { fill: theme.page, radius: 3, alpha: 0.9 });
  pen.text(words, best.x, best.y + 3.2, { size: 9, color: theme.ink, align: "center" });
}
