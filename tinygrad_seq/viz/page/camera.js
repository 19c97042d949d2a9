// From the coordinates of the layout to those of the stage, and back.
//
// The columns may be narrower than they are laid out: their scale is camera.sx. What stands beside them, and the
// height, shrink only as far as needed to fit, so a thousand steps are a matrix that is as high as the stage.

const camera = { sx: 1, sy: 1, sb: 1, ox: 0, oy: 0 };
const limits = { sx: 0.001, sy: 1, sb: 1 };
const stage = { width: 800, height: 600, top: 26 };
const FOLDED = 36; // the height of a folded band
let level = levelNamed(data.start);

function measure() {
  const blocks = level.begin + level.width - level.end;
  const height = unfoldedY(level.bottom) - unfoldedY(level.top);
  limits.sy = Math.min(Math.max((stage.height - stage.top - 14) / height, 0.05), 1.25);
  limits.sb = Math.min(limits.sy, 0.38 * (stage.width / blocks));
  limits.sx = (stage.width - 16 - blocks * limits.sb) / (level.end - level.begin);
  if (!level.count || limits.sx > limits.sb) {
    // There is room for everything at one scale.
    limits.sx = limits.sb = Math.min((stage.width - 16) / level.width, limits.sy);
    if (!level.count) limits.sy = limits.sx;
  }
}

function setScale(sx) {
  camera.sx = Math.min(Math.max(sx, limits.sx), 6);
  camera.sy = Math.max(limits.sy, camera.sx);
  camera.sb = Math.max(limits.sb, camera.sx);
}

// Heights, with folded bands made low, but not what stands beside them.
function unfoldedY(y) {
  let shift = 0;
  for (const { top, bottom, less } of level.low) {
    if (y > top) shift += (Math.min(y, bottom) - top) * less;
  }
  return y - shift;
}

const hasFolded = () => level.bands.some((band) => band.folded);

// After a band was folded or unfolded: the heights at which all bands are folded, and how much lower each is made.
function findFolded() {
  level.anyFolded = hasFolded();
  const edges = level.bands.flatMap(({ top, bottom }) => [top, bottom]).sort((a, b) => a - b);
  const pieces = edges.slice(1).map((bottom, k) => {
    const own = level.bands.filter((band) => band.top < bottom && band.bottom > edges[k]);
    const less = own.map((band) => (band.folded ? 1 - FOLDED / (band.bottom - band.top) : 0));
    return { top: edges[k], bottom, less: less.length ? Math.min(...less) : 0 };
  });
  level.low = pieces.filter(({ less }) => less > 0);
}

// Whether a band is in sight from left to right.
function isInSight({ first, last }) {
  return X(level.left(last) + level.columnWidth) > 40 && X(level.left(first)) < stage.width;
}

function X(x) {
  const { sx, sb, ox } = camera;
  if (x <= level.begin) return ox + x * sb;
  if (x <= level.end) return ox + level.begin * sb + (x - level.begin) * sx;
  return ox + level.begin * sb + (level.end - level.begin) * sx + (x - level.end) * sb;
}

function Y(y) {
  return camera.oy + ((level.anyFolded ? unfoldedY(y) : y) - level.top) * camera.sy;
}

// The parameters stay in sight: they stand at the left of the stage when their place is out of it.
function shelfX(x) {
  const sticky = level.count > 0 && level.stickyWidth * camera.sb < stage.width;
  return x * camera.sb + (sticky ? Math.max(camera.ox, -18) : camera.ox);
}

function toX(px) {
  const { sx, sb, ox } = camera;
  const begin = ox + level.begin * sb;
  const end = begin + (level.end - level.begin) * sx;
  if (px <= begin) return (px - ox) / sb;
  return px <= end ? level.begin + (px - begin) / sx : level.end + (px - end) / sb;
}

// Where a place of the layout is among the columns: 2.5 is the middle of the third.
function indexAt(x) {
  let [low_, high_] = [0, level.count - 1];
  while (low_ < high_) {
    const middle = (low_ + high_ + 1) >> 1;
    if (level.left(middle) <= x + (level.pitch - level.columnWidth) / 2) low_ = middle;
    else high_ = middle - 1;
  }
  return low_ + (x - level.left(low_)) / level.pitch;
}

function xOfIndex(index) {
  const k = Math.min(Math.max(Math.floor(index), 0), level.count - 1);
  return level.left(k) + (index - k) * level.pitch;
}

// The column at a place of the stage, or -1.
function columnAt(px) {
  if (!level.count) return -1;
  const x = toX(px);
  const k = Math.min(Math.max(Math.floor(indexAt(x) + 0.5 - level.columnWidth / level.pitch / 2), 0), level.count - 1);
  const aside = (level.pitch - level.columnWidth) / 2;
  return x >= level.left(k) - aside && x <= level.left(k) + level.columnWidth + aside ? k : -1;
}

// The columns that can be seen, from the first to the last.
function visibleColumns() {
  if (!level.count) return [0, -1];
  const from = Math.floor(indexAt(toX(0))) - 1;
  const to = Math.ceil(indexAt(toX(stage.width))) + 1;
  return [Math.min(Math.max(from, 0), level.count), Math.min(Math.max(to, -1), level.count - 1)];
}

function clampCamera() {
  const { sx, sb, sy } = camera;
  const width = level.begin * sb + (level.end - level.begin) * sx + (level.width - level.end) * sb;
  const height = (unfoldedY(level.bottom) - level.top) * sy;
  const room = stage.height - stage.top;
  if (width <= stage.width) camera.ox = (stage.width - width) / 2;
  else camera.ox = Math.min(Math.max(camera.ox, stage.width - width - 40), 40);
  if (height <= room) camera.oy = stage.top + Math.max((room - height) / 2, 0) * 0.6;
  else camera.oy = Math.min(Math.max(camera.oy, stage.height - height - 40), stage.top + 40);
}

function fit() {
  findFolded();
  measure();
  setScale(limits.sx);
  camera.ox = camera.oy = 0;
  clampCamera();
  redraw();
}

function zoom(factor, px = stage.width / 2, py = stage.height / 2) {
  const x = toX(px);
  const y = (py - camera.oy) / camera.sy;
  setScale(camera.sx * factor);
  camera.ox += px - X(x);
  camera.oy = py - y * camera.sy;
  clampCamera();
  redraw();
}

function pan(dx, dy) {
  camera.ox += dx;
  camera.oy += dy;
  clampCamera();
  redraw();
}

// Bring a box to the middle, at a scale at which it can be read.
function goTo(box, sx = Math.max(camera.sx, 0.8)) {
  setScale(sx);
  camera.ox += stage.width / 2 - X(box.x + box.width / 2);
  camera.oy += stage.height / 2 - Y(box.y + box.height / 2);
  clampCamera();
  redraw();
}

// How much is told at a scale: 0 a matrix, 1 bars and rails, 2 boxes, 3 labels, 4 numbers.
function detail(scale) {
  return scale < 0.05 ? 0 : scale < 0.16 ? 1 : scale < 0.5 ? 2 : scale < 1.15 ? 3 : 4;
}
