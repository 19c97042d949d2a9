// The first frame.

function showButtons() {
  const buttons = data.levels.map(({ name }) => {
    const button = make("button", name);
    button.type = "button";
    button.setAttribute("aria-pressed", String(name === level.name));
    button.addEventListener("click", () => changeLevel(name));
    return button;
  });
  by("levels").replaceChildren(...buttons);
  by("levels").hidden = data.levels.length < 2;
  document.body.classList.toggle("timeless", level.count < 2 || level.name === "rolled");
}

// To a new size, with the same place in the middle.
function resize() {
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  if (width === stage.width && height === stage.height) return;
  const zoomed = camera.sx / limits.sx;
  const [x, y] = [toX(stage.width / 2), (stage.height / 2 - camera.oy) / camera.sy];
  Object.assign(stage, { width, height });
  fit();
  if (zoomed < 1.001) return;
  setScale(limits.sx * zoomed);
  camera.ox += stage.width / 2 - X(x);
  camera.oy = stage.height / 2 - y * camera.sy;
  clampCamera();
}

setTheme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
findStops();
by("search").placeholder = example();
if (innerWidth < 900) by("panel").hidden = true;
by("stop").max = String(Math.max(stops.length - 1, 0));
by("backward").hidden = by("pass").hidden = !stops.length;
by("replay").hidden = whole.norms.length < 2;
by("sweep").max = String(whole.norms.length - 1);
by("sweep").value = by("sweep").max;
setLevel(data.start);
showButtons();
[stage.width, stage.height] = [canvas.clientWidth, canvas.clientHeight];
stage.top = level.count ? 26 : 6;
restore();
showButtons();
resize();
tell();
tellKey();
frame();
performance.mark("first frame");
// For other programs, and for tests.
window.picture = {
  data,
  level: () => level.name,
  camera: () => ({ ...camera, detail: level.count ? detail(camera.sx) : null }),
  center: (v) => center(level.boxes[level.boxOf[groupOf(v)]]),
  colored: () =>
    Array.from({ length: level.graph.count }, (_, v) => v).filter(
      (v) => binOf(shown.norms[v]) !== -1 && shown.norms[v] !== UNKNOWN,
    ),
  norms: () => [...shown.norms],
  path: () =>
    picked.found
      ? {
          count: String(picked.found.count),
          nodes: picked.found.nodes.reduce((n, on) => n + on, 0),
          strongest: picked.found.strongest.length,
        }
      : null,
  between: (a, b) => {
    const start = performance.now();
    const found = between(Math.min(a, b), Math.max(a, b));
    const milliseconds = performance.now() - start;
    return found && { count: String(found.count), strongest: found.strongest, gain: found.gain, milliseconds };
  },
  pan: (dx, dy) => {
    pan(dx, dy);
  },
  svg: exportSvg,
  png: () => exportCanvas().toDataURL("image/png"),
  link: viewText,
};
setTimeout(tellParameters);
new ResizeObserver(resize).observe(canvas);
addEventListener("hashchange", () => {
  restore();
  showButtons();
  tell();
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (event) => {
  setTheme(event.matches ? "dark" : "light");
  tellKey();
  redraw();
});
