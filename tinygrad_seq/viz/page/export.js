// The view as a file, and as a link.

function pictureOf(pen, width, height) {
  draw(pen, width, height);
  const bottom = height + 6;
  pen.rect(0, height, width, KEY + 6, { fill: theme.page });
  pen.text(data.title, 14, bottom + 18, { size: 14, color: theme.ink, bold: true });
  pen.text(data.caption, 14, bottom + 36, { size: 10.5, color: theme.soft });
  if (data.measured && data.scale) drawKey(pen, Math.max(width - 320, 200), bottom, 300);
}

function exportSvg() {
  const pen = new SvgPen(stage.width, stage.height + KEY + 6);
  pictureOf(pen, stage.width, stage.height);
  return pen.toString();
}

function exportCanvas() {
  const found = document.createElement("canvas");
  [found.width, found.height] = [stage.width * 2, (stage.height + KEY + 6) * 2];
  const context = found.getContext("2d");
  context.scale(2, 2);
  pictureOf(new CanvasPen(context), stage.width, stage.height);
  return found;
}

function saveAs(blob, suffix) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${
    data.title
      .replace(/[^\p{L}\p{N}]+/gu, "-")
      .replace(/^-|-$/g, "")
      .slice(0, 60) || "graph"
  }.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

const saveSvg = () => saveAs(new Blob([exportSvg()], { type: "image/svg+xml" }), "svg");
const savePng = () => exportCanvas().toBlob((blob) => saveAs(blob, "png"));

// The view in the address, so that the link restores it.

let remembering = 0;

function remember() {
  clearTimeout(remembering);
  remembering = setTimeout(() => {
    try {
      history.replaceState(null, "", `#${viewText()}`);
    } catch {
      // A page inside another, as in a notebook, has no address of its own.
    }
  }, 250);
}

function viewText() {
  const [x, y] = [toX(stage.width / 2), (stage.height / 2 - camera.oy) / camera.sy];
  const parts = { level: level.name, at: `${round(x)},${round(y)}`, zoom: (camera.sx / limits.sx).toPrecision(4) };
  const folded = level.bands.map((band, k) => (band.folded ? k : -1)).filter((k) => k >= 0);
  if (folded.length) parts.fold = folded.join(",");
  if (picked.ends.length) parts.path = picked.ends.join(",");
  if (shown.stop >= 0) parts.stop = shown.stop;
  if (shown.sweep > 0) parts.sweep = shown.sweep;
  if (by("search").value) parts.find = by("search").value;
  parts.theme = theme.name;
  return new URLSearchParams(parts).toString();
}

function restore() {
  const parts = new URLSearchParams(location.hash.slice(1));
  const numbers = (key) => (parts.get(key) || "").split(",").filter(Boolean).map(Number).filter(Number.isFinite);
  if (Object.hasOwn(data.themes, parts.get("theme") || "")) setTheme(parts.get("theme"));
  shown.sweep = Math.min(Math.max(numbers("sweep")[0] || 0, 0), whole.norms.length - 1);
  shown.stop =
    parts.has("stop") && stops.length ? Math.min(Math.max(numbers("stop")[0] || 0, 0), stops.length - 1) : -1;
  setLevel(parts.get("level") || data.start);
  if (!parts.has("level")) {
    const inside = (name) => data.folded.some((path) => name === path || name.startsWith(`${path}/`));
    for (const band of level.bands) band.folded = inside(band.name);
  }
  for (const k of numbers("fold")) if (level.bands[k]) level.bands[k].folded = true;
  const ends = numbers("path").filter((v) => Number.isInteger(v) && v >= 0 && v < whole.graph.count);
  if (parts.has("path")) picked.ends = ends.slice(0, 2);
  if (picked.ends.length === 2 && parts.has("path")) showPath();
  else if (!parts.has("level")) givenPath();
  if (parts.get("find")) {
    by("search").value = parts.get("find");
    search(parts.get("find"));
  }
  fit();
  const [x, y] = numbers("at");
  const [times_] = numbers("zoom");
  if (times_ > 0 && y !== undefined) {
    setScale(limits.sx * times_);
    camera.ox += stage.width / 2 - X(x);
    camera.oy = stage.height / 2 - y * camera.sy;
    clampCamera();
  }
}
