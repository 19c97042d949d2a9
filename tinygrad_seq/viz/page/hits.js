// What is at a place of the stage: a box, a label or a line.

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
      const { first, last } = level.bands[band];
      const [top, bottom] = bandPlace(band);
      if (py < top || py > bottom || column < first || column > last) continue;
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
