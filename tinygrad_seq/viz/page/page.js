"use strict";
// Moves in the picture, tells what a box or an edge is, and shows the paths between two boxes.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const stage = document.getElementById("stage");
  const picture = document.getElementById("picture");
  const card = document.getElementById("card");
  const hint = document.getElementById("hint");
  const root = document.documentElement;
  const size = picture.viewBox.baseVal;
  const help = hint.textContent;
  const view = { x: 0, y: 0, scale: 1, fitted: true };

  // Moving and zooming.

  function show() {
    view.fitted = false;
    picture.style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.scale})`;
  }

  function fit() {
    const { clientWidth: width, clientHeight: height } = stage;
    view.scale = Math.min(width / size.width, (height - 30) / size.height, 2);
    view.x = (width - size.width * view.scale) / 2;
    view.y = Math.max((height - 30 - size.height * view.scale) / 2, 0);
    show();
    view.fitted = true;
  }

  function zoom(factor, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const scale = Math.min(Math.max(view.scale * factor, 0.03), 8);
    view.x = x - (x - view.x) * (scale / view.scale);
    view.y = y - (y - view.y) * (scale / view.scale);
    view.scale = scale;
    show();
  }

  let held = null;
  stage.addEventListener("pointerdown", (event) => {
    held = { x: event.clientX - view.x, y: event.clientY - view.y, fromX: event.clientX, fromY: event.clientY, moved: false };
  });
  addEventListener("pointermove", (event) => {
    if (!held) return;
    if (Math.hypot(event.clientX - held.fromX, event.clientY - held.fromY) > 4) {
      held.moved = true;
      stage.classList.add("moving");
      card.hidden = true;
    }
    if (held.moved) {
      view.x = event.clientX - held.x;
      view.y = event.clientY - held.y;
      show();
    }
  });
  addEventListener("pointerup", (event) => {
    const moved = held && held.moved;
    held = null;
    stage.classList.remove("moving");
    if (!moved && stage.contains(event.target)) pick(nodeOf(event.target));
  });
  stage.addEventListener("wheel", (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
  }, { passive: false });

  // What is under the pointer.

  const number = (x) => (x === null || x === undefined ? "none" : typeof x === "string" ? x : x === 0 ? "0" : Number(x).toPrecision(3));
  const label = (node) => (node.op === undefined ? node.label : node.name && node.op !== "variable" ? `${node.name} = ${node.op}` : node.name || node.op);

  function facts(target) {
    const box = target.closest("[data-box]");
    if (box) {
      const node = data.nodes[box.dataset.box];
      const rows = node.op === undefined ? [] : [
        ["shape", `(${node.shape.join(", ")}) ${node.dtype}`],
        ["module", node.path || "none"],
        ["step", node.t === null ? "none" : node.t],
        ...(node.index ? [["index", `[${node.index}]`]] : []),
        ...Object.entries(node.attrs),
      ];
      if (data.measured && node.op !== undefined) rows.push(["gradient", number(node.norm)]);
      return [label(node), rows];
    }
    const pill = target.closest("[data-stub], [data-stub-line]");
    if (pill) {
      const use = data.uses[pill.dataset.stub ?? pill.dataset.stubLine];
      const rows = [["input of", label(data.nodes[use.target])]];
      if (use.source !== null) rows.unshift(["use of", label(data.nodes[use.source])]);
      if (data.measured) rows.push(["gradient", number(use.norm)]);
      return [use.label, rows];
    }
    const line = target.closest("[data-line]");
    if (line) {
      const edge = data.edges[line.dataset.line];
      const rows = [["from", label(data.nodes[edge.source])], ["to", label(data.nodes[edge.target])]];
      if (data.measured) rows.push(["gradient", number(edge.norm)]);
      return ["edge", rows];
    }
    return null;
  }

  stage.addEventListener("pointermove", (event) => {
    const found = held && held.moved ? null : facts(event.target);
    card.hidden = !found;
    if (!found) return;
    const [title, rows] = found;
    const heading = document.createElement("h2");
    heading.textContent = title;
    const list = document.createElement("dl");
    for (const [key, value] of rows) {
      const term = document.createElement("dt");
      const detail = document.createElement("dd");
      term.textContent = key;
      detail.textContent = value;
      list.append(term, detail);
    }
    card.replaceChildren(heading, list);
    const x = Math.min(event.clientX + 16, innerWidth - card.offsetWidth - 8);
    const y = event.clientY + 18 + card.offsetHeight > innerHeight ? event.clientY - card.offsetHeight - 12 : event.clientY + 18;
    card.style.left = `${Math.max(x, 4)}px`;
    card.style.top = `${Math.max(y, 4)}px`;
  });
  stage.addEventListener("pointerleave", () => { card.hidden = true; });

  // Paths between two boxes.

  const links = [
    ...data.edges.map((edge, k) => ({ ...edge, key: `[data-line="${k}"]` })),
    ...data.uses.map((use, k) => ({ ...use, key: `[data-stub-line="${k}"], [data-stub="${k}"]` })).filter((use) => use.source !== null),
  ];
  const into = data.nodes.map(() => []);
  const outOf = data.nodes.map(() => []);
  for (const link of links) {
    outOf[link.source].push(link);
    into[link.target].push(link);
  }

  function reach(start, next, end) {
    const seen = new Set([start]);
    const waiting = [start];
    while (waiting.length) {
      for (const link of next[waiting.pop()]) {
        if (!seen.has(link[end])) {
          seen.add(link[end]);
          waiting.push(link[end]);
        }
      }
    }
    return seen;
  }

  // The path on which most of the gradient at its upper end is left: the largest product of local gains.
  function strongest(source, target, nodes) {
    const open = new Map();
    for (const k of nodes) open.set(k, outOf[k].filter((link) => nodes.has(link.target)).length);
    const gain = new Map([[target, 0]]);
    const step = new Map();
    const ready = [target];
    while (ready.length) {
      const at = ready.pop();
      for (const link of into[at]) {
        if (!nodes.has(link.source)) continue;
        const norm = data.nodes[at].norm;
        const part = Number.isFinite(link.norm) && Number.isFinite(norm) && norm > 0 ? Math.log(link.norm / norm) : data.nodes[at].op === undefined ? 0 : -Infinity;
        const found = gain.get(at) + part;
        if (!gain.has(link.source) || found > gain.get(link.source)) {
          gain.set(link.source, found);
          step.set(link.source, link);
        }
        open.set(link.source, open.get(link.source) - 1);
        if (open.get(link.source) === 0) ready.push(link.source);
      }
    }
    const path = [];
    if (!(gain.get(source) > -Infinity)) return path;
    for (let at = source; at !== target; at = step.get(at).target) path.push(step.get(at));
    return path;
  }

  let picked = [];

  function clear() {
    picked = [];
    picture.classList.remove("picked");
    for (const element of picture.querySelectorAll(".on, .end, .strongest")) element.classList.remove("on", "end", "strongest");
    hint.textContent = help;
  }

  function nodeOf(target) {
    const box = target.closest("[data-box]");
    if (box) return Number(box.dataset.box);
    const pill = target.closest("[data-stub]");
    return pill ? data.uses[pill.dataset.stub].source : null;
  }

  const element = (k) => picture.querySelector(`[data-box="${k}"]`);

  function pick(k) {
    if (k === null || picked.length === 2 || picked[0] === k) {
      clear();
      if (k === null) return;
    }
    picked.push(k);
    element(k).classList.add("end");
    if (picked.length === 1) {
      hint.textContent = `From or to ${label(data.nodes[k])}: click another box. Esc forgets.`;
      return;
    }
    let [source, target] = picked;
    if (!reach(source, outOf, "target").has(target)) [source, target] = [target, source];
    const down = reach(source, outOf, "target");
    const up = reach(target, into, "source");
    const nodes = new Set([...down].filter((n) => up.has(n)));
    const names = picked.map((n) => label(data.nodes[n])).join(" and ");
    if (!nodes.size) {
      hint.textContent = `No path between ${names}. Esc forgets.`;
      return;
    }
    picture.classList.add("picked");
    for (const n of nodes) element(n).classList.add("on");
    const on = links.filter((link) => nodes.has(link.source) && nodes.has(link.target));
    for (const link of on) for (const part of picture.querySelectorAll(link.key)) part.classList.add("on");
    for (const link of data.measured ? strongest(source, target, nodes) : []) {
      for (const part of picture.querySelectorAll(link.key)) part.classList.add("strongest");
    }
    hint.textContent = `${nodes.size} boxes on paths between ${names}${data.measured ? "; the path with the most gradient is orange" : ""}. Esc forgets.`;
  }

  // Buttons and keys.

  const actions = {
    in: () => zoom(1.25),
    out: () => zoom(0.8),
    fit,
    theme: () => { root.dataset.theme = root.dataset.theme === "dark" ? "light" : "dark"; },
    clear,
    left: () => { view.x += 60; show(); },
    right: () => { view.x -= 60; show(); },
    up: () => { view.y += 60; show(); },
    down: () => { view.y -= 60; show(); },
  };
  const keys = { "+": "in", "=": "in", "-": "out", 0: "fit", f: "fit", d: "theme", Escape: "clear", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
  for (const button of document.querySelectorAll("[data-do]")) button.addEventListener("click", () => actions[button.dataset.do]());
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
    actions[keys[event.key]]();
    event.preventDefault();
  });
  addEventListener("resize", () => { if (view.fitted) fit(); });
  root.dataset.theme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  fit();
})();
