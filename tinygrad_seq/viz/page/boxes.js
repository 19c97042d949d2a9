// Boxes and what is written on them, and the labels at uses of what stands elsewhere.

// Where a box is seen: in the matrix in the row of its role.
function center(box) {
  if (box.column >= 0 && (detail(camera.sx) === 0 || level.bands[box.form.band].folded)) {
    const [top, bottom] = bandPlace(box.form.band);
    const roles = rolesOf(box.form.band);
    return [X(level.left(box.column) + level.columnWidth / 2), top + ((box.row + 0.5) / roles.length) * (bottom - top)];
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
  const narrow = width < 24;
  const bar = bin === null ? 0 : narrow ? Math.max(width * 0.16, 1.8) : Math.min(3 * Math.max(scale, 1), 6);
  if (bar) pen.rect(x + (narrow ? 1.2 : 2), y + 3, bar, height - 6, { fill: colorOf(bin), radius: 1.2, alpha });
  drawWords(pen, box, log, { x, y, width, height, scale, bar, alpha, detail: level_ });
}

function drawWords(pen, box, log, { x, y, width, height, scale, bar, alpha, detail: level_ }) {
  const { name, note } = box.form;
  const sign = signOf(box, level.graph);
  const room = width - bar - (width < 24 ? 2.4 : Math.min(7, 2 + width * 0.15));
  const middle = x + width - Math.min(3, 1 + width * 0.06) - room / 2;
  const most = level_ === 4 ? Math.min(Math.max(height / 6, 13), 22) : 13; // six rows at the nearest
  const size = Math.min(11.5 * Math.max(scale, Math.min(width / 44, 1) * 0.95), most);
  const whole_ = name && sign ? size * (0.64 * name.length + 0.6 * sign.length + 0.4) : 0;
  const both = whole_ > 0 && Math.min(room / whole_, 1) * size > 6 && room / whole_ > 0.62;
  const lines = level_ >= 3 ? [note] : [];
  if (level_ === 4 && box.vertex >= 0) {
    if (data.measured) lines.push(`‖∂L‖ ${log === UNKNOWN ? "?" : shortText(log)}`);
    const found = values.get(level.last[box.vertex]);
    if (found && height > 78)
      lines.push(`μ ${brief(found[0])}  σ ${brief(found[1])}`, `${brief(found[2])} … ${brief(found[3])}`);
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
    // Where there is no room for both, what has a name is called by it, or by the last part of it.
    const words = name.length * 3 > room ? name.split(".").pop() : name || sign;
    const used = Math.min(
      Math.max(size, 12 * (1 - rows.length)),
      room / Math.max(words.length * 0.62, 0.62),
      height * 0.5,
    );
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
  if (!(log > -1e29 && log < NOT_A_NUMBER))
    return { "exactly 0": "0", infinite: "∞", "not a number": "NaN" }[normText(log)] || "–";
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
    pen.rect(to(left + x), Y(y), wide, tall, {
      fill: theme.page,
      stroke: outline,
      line: 0.9,
      radius: Math.min(tall / 2, 10),
      alpha,
    });
    const size = Math.min(9 * Math.min(wide / width, tall / height), 12);
    pen.text(stub.form.label, to(left + x) + wide / 2, Y(y) + tall / 2 + size * 0.34, {
      size,
      color: theme.ink,
      align: "center",
      alpha,
    });
  }
}
