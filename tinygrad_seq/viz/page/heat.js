// The gradient of every role at every step as a matrix of colours, and the strip that is the map of the picture.

const heats = new Map();

// The roles of a band, from above to below as they are laid out.
function rolesOf(band) {
  const key = `roles ${band}`;
  level.roles ??= {};
  if (!level.roles[key]) {
    const found = new Map();
    for (const column of level.boxesAt) {
      for (const box of column) if (box.form.band === band && !found.has(box.form.role)) found.set(box.form.role, box);
    }
    const boxes = [...found.values()].sort((a, b) => a.y - b.y || a.x - b.x);
    level.roles[key] = boxes.map((box) => ({
      role: box.form.role,
      name: box.form.name,
      sign: roleSign(box),
      form: box.form,
    }));
    const row = new Map(level.roles[key].map(({ role }, k) => [role, k]));
    level.roles[`cells ${band}`] = level.boxesAt.map((column) => column.filter((box) => box.form.band === band));
    for (const box of level.roles[`cells ${band}`].flat()) box.row = row.get(box.form.role);
  }
  return level.roles[key];
}

const roleSign = (box) => (box.form.index === undefined ? box.form.sign : "[t]");

const strength = (log) => (Number.isNaN(log) || log === UNKNOWN ? -1e38 : log === -Infinity ? -1e37 : log);

// A canvas with a pixel for each role and each `merge` steps, of which the largest counts; and the runs of those
// that have a mark in place of a colour.
function heat(band, merge) {
  const key = `${level.name} ${band} ${merge} ${theme.name}`;
  const old = heats.get(key);
  if (old && old.version === version) return old;
  const roles = rolesOf(band);
  const cells = level.roles[`cells ${band}`];
  const { first, last } = level.bands[band];
  const width = Math.max(Math.ceil((last - first + 1) / merge), 1);
  const logs = new Float32Array(width * roles.length).fill(NaN);
  const lit = new Uint8Array(width * roles.length);
  const filled = new Uint8Array(width * roles.length);
  cells.forEach((column, t) => {
    const x = Math.floor((t - first) / merge);
    for (const box of column) {
      const at = box.row * width + x;
      const log = normOf(box);
      if (!filled[at] || strength(log) > strength(logs[at])) logs[at] = log;
      filled[at] = 1;
      if (!picked.on || isHot(box)) lit[at] = 1;
    }
  });
  const canvas = old ? old.canvas : document.createElement("canvas");
  [canvas.width, canvas.height] = [width, Math.max(roles.length, 1)];
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  const colors = palette();
  const runs = [];
  let run = null;
  logs.forEach((log, at) => {
    if (!filled[at] || log === UNKNOWN) return;
    const bin = binOf(log);
    const [r, g, b, alpha] = colors[bin >= 0 ? bin : BINS - 1 - bin];
    if (alpha) {
      image.data.set([r, g, b, lit[at] ? alpha : alpha * 0.22], 4 * at);
      return;
    }
    const [row, x] = [Math.floor(at / width), at % width];
    if (!run || run.row !== row || run.end !== x || run.bin !== bin || run.lit !== lit[at]) {
      run = { row, begin: x, bin, lit: lit[at] };
      runs.push(run);
    }
    run.end = x + 1;
  });
  context.putImageData(image, 0, 0);
  const found = { canvas, runs, version };
  heats.set(key, found);
  return found;
}

// Lines as in the key where the matrix has no colour; `wide` is the width of a pixel of it.
function drawMarks(pen, runs, left, wide, middleOf) {
  const groups = new Map();
  for (const { row, begin, end, bin, lit } of runs) {
    const from = Math.max(left + begin * wide, -20);
    const to = Math.min(left + end * wide, stage.width + 400);
    if (to <= from) continue;
    const key = `${bin} ${lit}`;
    if (!groups.has(key)) groups.set(key, { bin, alpha: lit ? 1 : 0.25, path: pen.path() });
    const { path } = groups.get(key);
    path.moveTo(from, middleOf(row));
    path.lineTo(to, middleOf(row));
  }
  for (const { bin, alpha, path } of groups.values())
    pen.stroke(path, { color: colorOf(bin), width: widthOf(bin) * 1.3, dash: dashOf(bin), alpha });
}

function drawHeat(pen, band, from, to) {
  const { folded, first: begin, last: end } = level.bands[band];
  const roles = rolesOf(band);
  [from, to] = [Math.max(from, begin) - begin, Math.min(to, end) - begin]; // among those of the band
  if (!roles.length || to < from) return;
  const merge = 2 ** Math.max(Math.floor(Math.log2(0.7 / (level.pitch * camera.sx))), 0);
  const { canvas, runs } = heat(band, merge);
  const first = Math.floor(from / merge);
  const count = Math.floor(to / merge) - first + 1;
  const pitch = level.pitch * camera.sx;
  const left = X(level.left(begin) - (level.pitch - level.columnWidth) / 2) + first * merge * pitch;
  const [top, bottom] = bandPlace(band);
  const width = Math.min(count * merge, end - begin + 1 - first * merge) * pitch;
  const columns = Math.min(count, width / (merge * pitch));
  pen.rect(Math.max(left, -10), top, Math.min(left + width, stage.width + 10) - Math.max(left, -10), bottom - top, {
    fill: theme.column,
  });
  pen.image(canvas, first, columns, left, top, width, bottom - top);
  const row = (bottom - top) / roles.length;
  const wide = merge * pitch;
  drawMarks(pen, runs, left - first * wide, wide, (k) => top + (k + 0.5) * row);
  if (row > 5 && !folded) {
    const grid = pen.path();
    for (let k = 1; k < roles.length; k++) {
      grid.moveTo(left, top + k * row);
      grid.lineTo(left + width, top + k * row);
    }
    pen.stroke(grid, { color: theme.page, width: 1, alpha: 0.8 });
  }
}

// The names of the rows, at the left of what can be seen of them.
function drawRoleNames(pen, band) {
  const roles = rolesOf(band);
  const [top, bottom] = bandPlace(band);
  const row = (bottom - top) / Math.max(roles.length, 1);
  const size = Math.min(11, row - 1);
  if (size < 7.5) return;
  const left = Math.max(X(level.left(level.bands[band].first)), 0) + 4;
  roles.forEach(({ name, sign }, k) => {
    const words = name && sign ? `${name}  ${sign}` : name || sign;
    const y = top + (k + 0.5) * row;
    const width = words.length * size * 0.58 + 8;
    pen.rect(left, y - size * 0.62, width, size * 1.24, { fill: theme.page, radius: 3, alpha: name ? 0.86 : 0.6 });
    pen.text(words, left + 4, y + size * 0.36, { size, color: name ? theme.ink : theme.soft, bold: Boolean(name) });
  });
}

function bandPlace(band) {
  const { top, bottom } = level.bands[band];
  return [Y(top) + 2, Y(bottom) - 2];
}

// The strip: a row for each state that is handed from step to step, over all steps.
function stripRows() {
  if (!level.strip) {
    const states = new Map();
    for (const line of level.lines) {
      if (!line.form.state) continue;
      const [band, role] = line.form.state;
      states.set(`${band} ${role}`, { band, role });
    }
    level.strip = [...states.values()].sort((a, b) => b.band - a.band || a.role - b.role);
    level.strip = level.strip.filter(({ band, role }) => rolesOf(band).some((known) => known.role === role));
  }
  return level.strip;
}

function drawStrip(canvas, width, height) {
  const ratio = devicePixelRatio || 1;
  [canvas.width, canvas.height] = [width * ratio, height * ratio];
  const pen = new CanvasPen(canvas.getContext("2d"));
  pen.context.scale(ratio, ratio);
  pen.rect(0, 0, width, height, { fill: theme.column });
  const rows = stripRows();
  const merge = 2 ** Math.max(Math.floor(Math.log2(level.count / (width * ratio))), 0);
  const tall = (height - 12) / Math.max(rows.length, 1);
  rows.forEach(({ band, role }, k) => {
    const place = rolesOf(band).findIndex((known) => known.role === role);
    const { canvas: source, runs } = heat(band, merge);
    pen.context.imageSmoothingEnabled = false;
    pen.context.globalAlpha = 1;
    pen.context.drawImage(
      source,
      0,
      place,
      source.width,
      1,
      (width * level.bands[band].first) / level.count,
      k * tall,
      (width * source.width * merge) / level.count,
      tall - 1,
    );
    const own = runs.filter((run) => run.row === place);
    const left = (width * level.bands[band].first) / level.count;
    drawMarks(pen, own, left, (width * merge) / level.count, () => (k + 0.5) * tall);
  });
  const from = Math.max((indexAt(toX(0)) / level.count) * width, 0);
  const to = Math.min((indexAt(toX(stage.width)) / level.count) * width, width);
  pen.rect(0, 0, from, height - 12, { fill: theme.page, alpha: 0.6 });
  pen.rect(to, 0, width - to, height - 12, { fill: theme.page, alpha: 0.6 });
  pen.rect(from + 1, 1, Math.max(to - from - 2, 3), height - 14, { stroke: theme.hot, line: 2, radius: 2 });
  rows.forEach(({ band, role }, k) => {
    const { name, sign } = rolesOf(band).find((known) => known.role === role);
    const words = level.bands.length > 1 ? `${level.bands[band].name}  ${name || sign}` : name || sign;
    const size = Math.min(10, tall - 2);
    if (size < 6) return;
    pen.rect(2, k * tall + (tall - size) / 2 - 1, words.length * size * 0.57 + 8, size + 2, {
      fill: theme.page,
      radius: 3,
      alpha: 0.85,
    });
    pen.text(words, 6, k * tall + tall / 2 + size * 0.33, { size, color: theme.ink, bold: true });
  });
  const step = niceStep(level.count, width / 60);
  for (let k = 0; k < level.count; k += step) {
    const x = ((k + 0.5) / level.count) * width;
    pen.text(String(level.first[k]), x, height - 2, { size: 9, color: theme.soft, align: k ? "center" : "left" });
  }
  if (shown.stop >= 0 && shown.stop < stops.length && stops[shown.stop].t !== null) {
    const box = level.boxes[level.boxOf[groupOf(stops[shown.stop].members[0])]];
    const x = (((box ? box.column : -1) + 0.5) / level.count) * width;
    pen.rect(x - 1, 0, 2, height - 12, { fill: theme.hot });
  }
}

// A step between ticks such that there are `most` of them at most.
function niceStep(count, most) {
  for (let power = 1; ; power *= 10) {
    for (const step of [1, 2, 5]) if (count / (step * power) <= Math.max(most, 1)) return step * power;
  }
}
