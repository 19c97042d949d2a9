// From the logarithm of a norm to a mark, a colour and a width; the themes.

const low = data.scale ? data.scale.low : 0;
const high = data.scale ? data.scale.high : 1;
const BINS = data.themes.light.bins.length;
const MARKS = ["none", "zero", "vanished", "broken", "exploded"]; // beside the bins: -1, -2, ...

let theme = data.themes.light;
const palettes = {};

const partOf = (log) => Math.min(Math.max((log - low) / (high - low), 0), 1);

// A bin of the scale, or -1 and less for the marks.
function binOf(log) {
  if (Number.isNaN(log)) return -1;
  if (log === -Infinity) return -2;
  if (log > NOT_A_NUMBER) return -4;
  if (log < data.scale.least - 1e-6) return -3;
  if (data.scale.limit !== null && log > data.scale.limit + 1e-6) return -5;
  return Math.min(Math.floor(partOf(log) * BINS), BINS - 1);
}

const markOf = (bin) => (bin >= 0 ? "flow" : MARKS[-bin - 1]);

function colorOf(bin) {
  return bin >= 0 ? theme.bins[bin] : theme[{ none: "faint", zero: "outline" }[markOf(bin)] || markOf(bin)];
}

const DASHES = { zero: [6, 3], vanished: [1.5, 2.5], broken: [8, 2, 2, 2] };
const dashOf = (bin) => (bin >= 0 ? null : DASHES[markOf(bin)] || null);
const widthOf = (bin) => (bin >= 0 ? 1 + (3 * bin) / (BINS - 1) : { broken: 2.5, exploded: 5 }[markOf(bin)] || 1.1);

// Red, green, blue and alpha of a cell of the heat matrix, for BINS bins and then the marks.
function palette() {
  if (!palettes[theme.name]) {
    // What has no gradient, a zero one or a vanished one has a line and no colour: any would seem to be more.
    const colors = [...theme.bins, null, null, null, theme.broken, theme.exploded];
    const alphas = [...theme.bins.map(() => 255), 0, 0, 0, 255, 255];
    palettes[theme.name] = colors.map((color, k) => [
      ...[1, 3, 5].map((i) => (color ? parseInt(color.slice(i, i + 2), 16) : 0)),
      alphas[k],
    ]);
  }
  return palettes[theme.name];
}

// A norm as text, from its logarithm.
function normText(log) {
  if (Number.isNaN(log)) return "none";
  if (log === -Infinity) return "exactly 0";
  if (log === Infinity) return "infinite";
  if (log > NOT_A_NUMBER) return "not a number";
  if (log > -3.5 && log < 5) return String(Number((10 ** log).toPrecision(4)));
  let exponent = Math.floor(log);
  let head = (10 ** (log - exponent)).toFixed(2);
  if (head === "10.00") [head, exponent] = ["1.00", exponent + 1];
  return `${head}e${exponent}`;
}

const numberText = (x) => (Number.isFinite(x) ? String(Number(x.toPrecision(4))) : String(x));

function powerOfTen(exponent) {
  return `10${String(exponent).replace(/./g, (c) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(c)])}`;
}

function scaleTicks() {
  const step = high - low <= 4 ? 1 : 2;
  const found = [];
  for (let tick = high; tick >= low; tick -= step) found.unshift(tick);
  return found;
}
