// Pointers, keys and buttons.

function targetAt(px, py) {
  if (py < stage.top || px < 0 || py > stage.height) return null;
  const inside = (box) => {
    const [x, y, width, height] = placeOf(box);
    return px >= x - 1 && px <= x + width + 1 && py >= y - 1 && py <= y + height + 1;
  };
  const column = columnAt(px);
  const matrix = level.count && detail(camera.sx) === 0;
  const onShelf = level.beside.find((box) => inside(box));
  if (onShelf) return { box: onShelf };
  if (column >= 0) {
    for (let band = 0; band < level.bands.length; band++) {
      if (!matrix && !level.bands[band].folded) continue;
      const [top, bottom] = bandPlace(band);
      if (py < top || py > bottom) continue;
      const row = Math.floor(((py - top) / (bottom - top)) * rolesOf(band).length);
      const box = level.roles[`cells ${band}`][column].find((other) => other.row === row);
      return box ? { box } : null;
    }
    if (matrix) return null;
    const box = level.boxesAt[column].find(inside);
    if (box) return { box };
  }
  return stubAt(px, py, column) || lineAt(px, py, column);
}

function stubAt(px, py, column) {
  const near = column >= 0 && detail(camera.sx) >= 3 ? level.stubsAt[column] : [];
  for (const stub of near.concat(level.stubsBeside)) {
    const left = stub.column >= 0 ? level.left(stub.column) : 0;
    const [x, y, width, height] = stub.form.area;
    const to = level.boxes[stub.target].form.where === "shelf" ? shelfX : X;
    if (px >= to(left + x) && px <= to(left + x + width) && py >= Y(y) && py <= Y(y + height)) return { stub };
  }
  return null;
}

function lineAt(px, py, column) {
  const seen = visibleColumns();
  const near = [Math.max(column - 1, seen[0]), Math.min(column + 1, seen[1])];
  const lines = visibleLines(level.count ? detail(camera.sx) : 0, column >= 0 ? near : [0, -1]);
  let best = null;
  let least = 5;
  for (const line of lines) {
    const left = line.column >= 0 ? level.left(line.column) : 0;
    const to = line.form.kind === "shelf" ? shelfX : X;
    const places = line.form.points.map(([x, y, absolute]) => [to(absolute ? x : left + x), Y(y)]);
    for (let k = 1; k < places.length; k++) {
      const [[x0, y0], [x1, y1]] = [places[k - 1], places[k]];
      const x = Math.min(Math.max(px, Math.min(x0, x1)), Math.max(x0, x1));
      const y = Math.min(Math.max(py, Math.min(y0, y1)), Math.max(y0, y1));
      const away = Math.hypot(px - x, py - y);
      if (away < least) [best, least] = [line, away];
    }
  }
  return best && { line: best };
}

// The vertex of the whole graph that a target stands for, or -1.
function vertexOf(target) {
  const box = target && (target.box || (target.stub && level.boxes[target.stub.source]));
  return box && box.vertex >= 0 ? level.last[box.vertex] : -1;
}

const pointers = new Map();
let moved = false;
let spread = 0;

canvas.addEventListener("pointerdown", (event) => {
  pointers.set(event.pointerId, [event.offsetX, event.offsetY]);
  moved = pointers.size > 1;
  spread = 0;
  try {
    canvas.setPointerCapture(event.pointerId);
  } catch {
    // An event that a program made has no pointer to capture.
  }
});
canvas.addEventListener("pointermove", (event) => {
  const old = pointers.get(event.pointerId);
  if (!old) return hover(event);
  const now = [event.offsetX, event.offsetY];
  if (!moved && Math.hypot(now[0] - old[0], now[1] - old[1]) < 4) return undefined;
  moved = true;
  card.hidden = true;
  canvas.classList.add("moving");
  if (pointers.size === 2) {
    pointers.set(event.pointerId, now);
    const [[x0, y0], [x1, y1]] = [...pointers.values()];
    const size = Math.hypot(x1 - x0, y1 - y0);
    if (spread) zoom(size / spread, (x0 + x1) / 2, (y0 + y1) / 2);
    spread = size;
    return undefined;
  }
  pan(now[0] - old[0], now[1] - old[1]);
  pointers.set(event.pointerId, now);
  return undefined;
});
function release(event) {
  const click = pointers.has(event.pointerId) && !moved && event.type === "pointerup";
  pointers.delete(event.pointerId);
  spread = 0;
  canvas.classList.remove("moving");
  if (click) clicked(event.offsetX, event.offsetY);
}
canvas.addEventListener("pointerup", release);
canvas.addEventListener("pointercancel", release);
canvas.addEventListener("pointerleave", () => { card.hidden = true; });
canvas.addEventListener("wheel", (event) => {
  event.preventDefault();
  const unit = event.deltaMode ? 30 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
    pan(-(event.deltaX || event.deltaY) * unit, 0);
    return;
  }
  zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY);
}, { passive: false });
canvas.addEventListener("dblclick", (event) => zoom(3, event.offsetX, event.offsetY));

let hovered = null;

function hover(event) {
  const target = targetAt(event.offsetX, event.offsetY);
  const what = target && (target.box || target.stub || target.line);
  canvas.classList.toggle("over", Boolean(target));
  if (!target) card.hidden = true;
  else if (what !== hovered || card.hidden) showCard(target, event.clientX, event.clientY);
  hovered = what;
}

function clicked(px, py) {
  const band = level.bands.findIndex((b) => Math.abs(py - Y(b.top) + 9) < 8 && px < Math.max(X(level.begin), 0) + 180);
  if (band >= 0 && px > X(level.begin)) return fold(band);
  const target = targetAt(px, py);
  const v = vertexOf(target);
  select(v < 0 ? -1 : groupOf(v));
  if (target && target.box) cursor.box = target.box;
  if (v >= 0 || picked.ends.length) pick(v);
  else redraw();
  return undefined;
}

function fold(band) {
  if (!level.bands[band]) return;
  level.bands[band].folded = !level.bands[band].folded;
  const at = camera.sx;
  level.anyFolded = hasFolded();
  measure();
  setScale(at);
  clampCamera();
  redraw();
}

// The map.

let dragged = false;

function toMap(event) {
  const k = (event.offsetX / strip.clientWidth) * level.count;
  camera.ox += stage.width / 2 - X(level.columns.left + k * level.columns.pitch);
  clampCamera();
  redraw();
}
strip.addEventListener("pointerdown", (event) => {
  dragged = true;
  if (camera.sx === limits.sx) setScale(Math.max(limits.sx * 8, 0.2));
  toMap(event);
});
strip.addEventListener("pointermove", (event) => { if (dragged) toMap(event); });
addEventListener("pointerup", () => { dragged = false; });

// The backward pass and the sweeps.

let playing = 0;

function stopAt(k) {
  if (!stops.length) return;
  shown.stop = k >= stops.length - 1 ? -1 : Math.max(k, 0);
  setNumbers();
  tellStop();
  redraw();
}

const stepBy = (by_) => stopAt((shown.stop < 0 ? stops.length - 1 : shown.stop) + by_);

function play() {
  clearInterval(playing);
  if (playing) {
    playing = 0;
  } else if (stops.length) {
    const stride = Math.max(Math.round(stops.length / 200), 1);
    if (shown.stop < 0) stopAt(0);
    playing = setInterval(() => {
      stepBy(stride);
      if (shown.stop < 0) play();
    }, Math.max(60, Math.min(500, 6000 / stops.length)));
  }
  by("play").textContent = playing ? "❚❚" : "▶";
  by("play").setAttribute("aria-label", playing ? "Pause" : "Play the backward pass");
}

function sweepAt(k) {
  shown.sweep = Math.min(Math.max(k, 0), whole.norms.length - 1);
  by("sweep").value = String(shown.sweep ? shown.sweep - 1 : whole.norms.length - 1);
  by("sweep-name").textContent = shown.sweep ? `${shown.sweep} of ${whole.norms.length - 1}` : "this graph";
  setNumbers();
  if (picked.ends.length === 2) showPath();
  tell();
  tellParameters();
  redraw();
}

function changeLevel(name) {
  const middle = toX(stage.width / 2);
  const step = level.count > 1 ? (middle - level.columns.left) / level.columns.pitch : null;
  const times_ = camera.sx / limits.sx;
  const v = cursor.vertex >= 0 ? level.last[cursor.vertex] : -1;
  setLevel(name);
  select(v < 0 ? -1 : groupOf(v));
  if (picked.on) mark();
  fit();
  if (times_ > 1.01 && step !== null && level.count > 1) {
    setScale(limits.sx * times_);
    camera.ox += stage.width / 2 - X(level.columns.left + step * level.columns.pitch);
    clampCamera();
  }
  showButtons();
  redraw();
}

function setTheme(name) {
  theme = data.themes[name];
  document.documentElement.dataset.theme = name;
  version++;
}

const actions = {
  in: () => zoom(1.3),
  out: () => zoom(1 / 1.3),
  fit,
  natural: () => { setScale(1); clampCamera(); zoom(1); },
  theme: () => { setTheme(theme.name === "dark" ? "light" : "dark"); tellKey(); tellParameters(); redraw(); },
  clear: () => { card.hidden = true; select(-1); by("help").hidden = true; clearPath(); },
  left: () => pan(80, 0),
  right: () => pan(-80, 0),
  up: () => pan(0, 80),
  down: () => pan(0, -80),
  earlier: () => pan(stage.width * 0.9, 0),
  later: () => pan(-stage.width * 0.9, 0),
  first: () => pan(1e9, 0),
  last: () => pan(-1e9, 0),
  search: () => by("search").focus(),
  next: () => { visit(1); tell(); },
  previous: () => { visit(-1); tell(); },
  pick: () => { if (cursor.vertex >= 0) pick(level.last[cursor.vertex]); },
  level: () => changeLevel(levels[(levels.indexOf(level) + 1) % levels.length].name),
  fold: () => fold(cursor.box && cursor.box.form.band >= 0 ? cursor.box.form.band : 0),
  foldAll: () => { const all = !hasFolded(); level.bands.forEach((band, k) => { if (band.folded !== all) fold(k); }); },
  back: () => stopAt(shown.stop < 0 ? 0 : stops.length),
  play,
  forward: () => stepBy(1),
  rewind: () => stepBy(-1),
  sweepNext: () => sweepAt((shown.sweep + 1) % whole.norms.length),
  sweepPrevious: () => sweepAt((shown.sweep + whole.norms.length - 1) % whole.norms.length),
  png: savePng,
  svg: saveSvg,
  link: () => { navigator.clipboard?.writeText(`${location.href.split("#")[0]}#${viewText()}`).then(() => say("Link copied"), () => {}); },
  panel: () => { by("panel").hidden = !by("panel").hidden; resize(); },
  help: () => { by("help").hidden = !by("help").hidden; },
  west: () => move(-1, 0),
  east: () => move(1, 0),
  north: () => move(0, -1),
  south: () => move(0, 1),
};
const keys = {
  "+": "in", "=": "in", "-": "out", 0: "fit", 1: "natural", d: "theme", Escape: "clear", "/": "search", n: "next", N: "previous",
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", PageUp: "earlier", PageDown: "later", Home: "first",
  End: "last", Enter: "pick", l: "level", m: "fold", M: "foldAll", b: "back", " ": "play", ".": "forward", ",": "rewind",
  ">": "sweepNext", "<": "sweepPrevious", p: "png", s: "svg", c: "link", i: "panel", "?": "help",
};
const withShift = { ArrowLeft: "west", ArrowRight: "east", ArrowUp: "north", ArrowDown: "south" };

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = event.target instanceof HTMLInputElement;
  if (typing && event.target.id === "search") {
    if (event.key === "Enter") actions[event.shiftKey ? "previous" : "next"]();
    else if (event.key === "Escape") canvas.focus();
    else return;
  } else {
    if (event.target instanceof HTMLButtonElement && (event.key === " " || event.key === "Enter")) return;
    if (typing && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    const name = (event.shiftKey && withShift[event.key]) || keys[event.key];
    if (!name) return;
    actions[name]();
  }
  event.preventDefault();
});

by("search").addEventListener("input", (event) => {
  search(event.target.value);
  if (results.found.length) visit(1);
  else redraw();
  tell();
});
by("stop").addEventListener("input", (event) => stopAt(Number(event.target.value)));
by("sweep").addEventListener("input", (event) => {
  const k = Number(event.target.value);
  sweepAt(k === whole.norms.length - 1 ? 0 : k + 1);
});
for (const button of document.querySelectorAll("[data-do]")) {
  button.addEventListener("click", () => actions[button.dataset.do]());
}
