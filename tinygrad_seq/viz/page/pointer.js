// The pointer: on the stage, and on the map.

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
canvas.addEventListener("pointerleave", () => {
  card.hidden = true;
});
canvas.addEventListener(
  "wheel",
  (event) => {
    event.preventDefault();
    const unit = event.deltaMode ? 30 : 1;
    if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      pan(-(event.deltaX || event.deltaY) * unit, 0);
      return;
    }
    zoom(Math.exp(-event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0018)), event.offsetX, event.offsetY);
  },
  { passive: false },
);
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
  const band = level.bands.findLastIndex((own) => {
    const { top, first } = own;
    const left = Math.max(X(level.left(first)), 0);
    return isInSight(own) && Math.abs(py - Y(top) + 9) < 8 && px > left - 8 && px < left + 180;
  });
  if (band >= 0) return fold(band);
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
  findFolded();
  measure();
  setScale(at);
  clampCamera();
  redraw();
}

// The map.

let dragged = false;

function toMap(event) {
  const k = (event.offsetX / strip.clientWidth) * level.count;
  camera.ox += stage.width / 2 - X(xOfIndex(k));
  clampCamera();
  redraw();
}
strip.addEventListener("pointerdown", (event) => {
  dragged = true;
  if (camera.sx === limits.sx) setScale(Math.max(limits.sx * 8, 0.2));
  toMap(event);
});
strip.addEventListener("pointermove", (event) => {
  if (dragged) toMap(event);
});
addEventListener("pointerup", () => {
  dragged = false;
});
