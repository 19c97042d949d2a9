// Two pens with the same strokes: one draws on a canvas, the other writes SVG.

const FONT = "'Helvetica Neue', Helvetica, Arial, 'Liberation Sans', 'DejaVu Sans', sans-serif";

class CanvasPen {
  constructor(context) {
    this.context = context;
  }

  path() {
    return new Path2D();
  }

  stroke(path, { color, width = 1, dash = null, alpha = 1, cap = "butt" }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.strokeStyle = color;
    c.lineWidth = width;
    c.lineCap = cap;
    c.setLineDash(dash || []);
    c.stroke(path);
  }

  fill(path, { color, alpha = 1 }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.fillStyle = color;
    c.fill(path);
  }

  rect(x, y, width, height, { fill = null, stroke = null, line = 1, radius = 0, dash = null, alpha = 1 }) {
    const c = this.context;
    c.globalAlpha = alpha;
    if (!stroke && !radius) {
      c.fillStyle = fill;
      c.fillRect(x, y, width, height);
      return;
    }
    c.beginPath();
    if (radius) c.roundRect(x, y, width, height, radius);
    else c.rect(x, y, width, height);
    if (fill) {
      c.fillStyle = fill;
      c.fill();
    }
    if (stroke) {
      c.strokeStyle = stroke;
      c.lineWidth = line;
      c.setLineDash(dash || []);
      c.stroke();
    }
  }

  text(words, x, y, { size, color, bold = false, align = "left", alpha = 1 }) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.font = `${bold ? "bold " : ""}${size}px ${FONT}`;
    c.textAlign = align;
    c.fillStyle = color;
    c.fillText(words, x, y);
  }

  image(source, from, columns, x, y, width, height, alpha = 1) {
    const c = this.context;
    c.globalAlpha = alpha;
    c.imageSmoothingEnabled = false;
    c.drawImage(source, from, 0, columns, source.height, x, y, width, height);
  }

  clip(x, y, width, height) {
    const c = this.context;
    c.save();
    c.beginPath();
    c.rect(x, y, width, height);
    c.clip();
  }

  unclip() {
    this.context.restore();
  }
}

const round = (x) => String(Math.round(x * 10) / 10);

class SvgPath {
  constructor() {
    this.d = "";
    this.x = this.y = 0;
  }

  moveTo(x, y) {
    this.d += `M${round(x)} ${round(y)}`;
    [this.x, this.y] = [x, y];
  }

  lineTo(x, y) {
    this.d += `L${round(x)} ${round(y)}`;
    [this.x, this.y] = [x, y];
  }

  arcTo(x1, y1, x2, y2, radius) {
    const before = Math.hypot(x1 - this.x, y1 - this.y) || 1;
    const after = Math.hypot(x2 - x1, y2 - y1) || 1;
    this.lineTo(x1 + ((this.x - x1) * radius) / before, y1 + ((this.y - y1) * radius) / before);
    [this.x, this.y] = [x1 + ((x2 - x1) * radius) / after, y1 + ((y2 - y1) * radius) / after];
    this.d += `Q${round(x1)} ${round(y1)} ${round(this.x)} ${round(this.y)}`;
  }

  bezierCurveTo(x1, y1, x2, y2, x, y) {
    this.d += `C${[x1, y1, x2, y2, x, y].map(round).join(" ")}`;
    [this.x, this.y] = [x, y];
  }

  closePath() {
    this.d += "Z";
  }
}

class SvgPen {
  constructor(width, height) {
    this.size = `width="${width}" height="${height}"`;
    this.box = `viewBox="0 0 ${width} ${height}"`;
    this.parts = [];
    this.clips = 0;
  }

  path() {
    return new SvgPath();
  }

  stroke(path, { color, width = 1, dash = null, alpha = 1, cap = "butt" }) {
    if (!path.d) return;
    const dashes = dash ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    this.parts.push(
      `<path d="${path.d}" fill="none" stroke="${color}" stroke-width="${round(width)}" stroke-opacity="${alpha}" ` +
        `stroke-linecap="${cap}"${dashes}/>`,
    );
  }

  fill(path, { color, alpha = 1 }) {
    if (path.d) this.parts.push(`<path d="${path.d}" fill="${color}" fill-opacity="${alpha}"/>`);
  }

  rect(x, y, width, height, { fill = null, stroke = null, line = 1, radius = 0, dash = null, alpha = 1 }) {
    const outline = stroke ? ` stroke="${stroke}" stroke-width="${round(line)}"` : "";
    const dashes = dash ? ` stroke-dasharray="${dash.join(" ")}"` : "";
    this.parts.push(
      `<rect x="${round(x)}" y="${round(y)}" width="${round(Math.max(width, 0))}" height="${round(Math.max(height, 0))}" ` +
        `rx="${round(radius)}" fill="${fill || "none"}" opacity="${alpha}"${outline}${dashes}/>`,
    );
  }

  text(words, x, y, { size, color, bold = false, align = "left", alpha = 1 }) {
    const anchor = { left: "start", center: "middle", right: "end" }[align];
    const safe = String(words).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
    this.parts.push(
      `<text x="${round(x)}" y="${round(y)}" font-size="${round(size)}" fill="${color}" fill-opacity="${alpha}" ` +
        `text-anchor="${anchor}"${bold ? ' font-weight="700"' : ""}>${safe}</text>`,
    );
  }

  image(source, from, columns, x, y, width, height, alpha = 1) {
    const part = document.createElement("canvas");
    [part.width, part.height] = [columns, source.height];
    part.getContext("2d").drawImage(source, from, 0, columns, source.height, 0, 0, columns, source.height);
    this.parts.push(
      `<image x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" opacity="${alpha}" ` +
        `preserveAspectRatio="none" style="image-rendering: pixelated" href="${part.toDataURL()}"/>`,
    );
  }

  clip(x, y, width, height) {
    const id = `clip${this.clips++}`;
    const area = `<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"/>`;
    this.parts.push(`<clipPath id="${id}">${area}</clipPath><g clip-path="url(#${id})">`);
  }

  unclip() {
    this.parts.push("</g>");
  }

  toString() {
    const head = `<svg xmlns="http://www.w3.org/2000/svg" ${this.size} ${this.box} font-family="${FONT}">`;
    return `${head}\n${this.parts.join("\n")}\n</svg>\n`;
  }
}
