// What can be done, by which key and by which button.

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
    playing = setInterval(
      () => {
        stepBy(stride);
        if (shown.stop < 0) play();
      },
      Math.max(60, Math.min(500, 6000 / stops.length)),
    );
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
  const step = level.count > 1 ? indexAt(middle) : null;
  const times_ = camera.sx / limits.sx;
  const v = cursor.vertex >= 0 ? level.last[cursor.vertex] : -1;
  setLevel(name);
  select(v < 0 ? -1 : groupOf(v));
  if (picked.on) mark();
  fit();
  if (times_ > 1.01 && step !== null && level.count > 1) {
    setScale(limits.sx * times_);
    camera.ox += stage.width / 2 - X(xOfIndex(step));
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
  natural: () => {
    setScale(1);
    clampCamera();
    zoom(1);
  },
  theme: () => {
    setTheme(theme.name === "dark" ? "light" : "dark");
    tellKey();
    tellParameters();
    redraw();
  },
  clear: () => {
    card.hidden = true;
    select(-1);
    by("help").hidden = true;
    clearPath();
  },
  left: () => pan(80, 0),
  right: () => pan(-80, 0),
  up: () => pan(0, 80),
  down: () => pan(0, -80),
  earlier: () => pan(stage.width * 0.9, 0),
  later: () => pan(-stage.width * 0.9, 0),
  first: () => pan(1e9, 0),
  last: () => pan(-1e9, 0),
  search: () => by("search").focus(),
  next: () => {
    visit(1);
    tell();
  },
  previous: () => {
    visit(-1);
    tell();
  },
  pick: () => {
    if (cursor.vertex >= 0) pick(level.last[cursor.vertex]);
  },
  level: () =>
    changeLevel(data.levels[(data.levels.findIndex(({ name }) => name === level.name) + 1) % data.levels.length].name),
  fold: () => fold(cursor.box && cursor.box.form.band >= 0 ? cursor.box.form.band : 0),
  foldAll: () => {
    const all = !hasFolded();
    level.bands.forEach((band, k) => {
      if (band.folded !== all) fold(k);
    });
  },
  back: () => stopAt(shown.stop < 0 ? 0 : stops.length),
  play,
  forward: () => stepBy(1),
  rewind: () => stepBy(-1),
  sweepNext: () => sweepAt((shown.sweep + 1) % whole.norms.length),
  sweepPrevious: () => sweepAt((shown.sweep + whole.norms.length - 1) % whole.norms.length),
  png: savePng,
  svg: saveSvg,
  link: () => {
    navigator.clipboard?.writeText(`${location.href.split("#")[0]}#${viewText()}`).then(
      () => say("Link copied"),
      () => {},
    );
  },
  panel: () => {
    by("panel").hidden = !by("panel").hidden;
    resize();
  },
  help: () => {
    by("help").hidden = !by("help").hidden;
  },
  west: () => move(-1, 0),
  east: () => move(1, 0),
  north: () => move(0, -1),
  south: () => move(0, 1),
};
const keys = {
  "+": "in",
  "=": "in",
  "-": "out",
  0: "fit",
  1: "natural",
  d: "theme",
  Escape: "clear",
  "/": "search",
  n: "next",
  N: "previous",
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
  PageUp: "earlier",
  PageDown: "later",
  Home: "first",
  End: "last",
  Enter: "pick",
  l: "level",
  m: "fold",
  M: "foldAll",
  b: "back",
  " ": "play",
  ".": "forward",
  ",": "rewind",
  ">": "sweepNext",
  "<": "sweepPrevious",
  p: "png",
  s: "svg",
  c: "link",
  i: "panel",
  "?": "help",
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
