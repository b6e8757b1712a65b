// Eager against compiled: samples in the order they were taken, how they spread, and what they say.

const [CHART_WIDTH, CHART_HEIGHT, AXIS, BELL] = [640, 170, 64, 90];
const BINS = 48;

function latencyCharts(runs) {
  const timed = runs.filter((run) => run.summary);
  if (!timed.length) return [make("p", { class: "quiet" }, "Nothing was timed.")];
  return timed.map((run) => make("figure", {}, make("figcaption", {}, visible(run.shape)), latencyChart(run), latencyTable(run)));
}

function latencyChart({ eager, compiled, count }) {
  const [low, high] = sampleRange(eager, compiled);
  const y = (value) => Math.max(0, (1 - (value - low) / (high - low)) * CHART_HEIGHT);
  const words = `${plural(count, "pair", "pairs")} of samples, eager and compiled`;
  const chart = draw("svg", { viewBox: `0 0 ${AXIS + CHART_WIDTH + BELL} ${CHART_HEIGHT + 24}`, role: "img", "aria-label": words });
  const step = niceStep(high - low, 5);
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    chart.append(
      draw("line", { class: "grid", x1: AXIS, x2: AXIS + CHART_WIDTH, y1: y(value), y2: y(value) }),
      draw("text", { x: AXIS - 6, y: y(value) + 4, "text-anchor": "end" }, value > 0 ? seconds(value) : "0"),
    );
  }
  for (const [side, samples] of [["eager", eager], ["compiled", compiled]]) {
    const wide = Math.max(samples.length - 1, 1);
    const dots = samples.map((value, index) => `M${(AXIS + 4 + (index / wide) * (CHART_WIDTH - 8)).toFixed(1)} ${y(value).toFixed(1)}h0`);
    chart.append(draw("path", { class: `dots ${side}`, d: dots.join("") }), bell(samples, y, side));
  }
  chart.append(draw("text", { x: AXIS, y: CHART_HEIGHT + 18 }, words));
  return chart;
}

/** From zero, or from just below where both sides keep well away from it, to just above all but outliers. */
function sampleRange(...sides) {
  const ordered = sides.map((side) => [...side].sort((a, b) => a - b));
  const high = Math.max(...ordered.map((side) => Math.min(side.at(-1), side[Math.floor((side.length - 1) * 0.95)] * 1.6))) * 1.05;
  const lowest = Math.min(...ordered.map((side) => side[0]));
  const low = lowest > high * 0.5 ? lowest * 0.9 : 0;
  return [low, high > low ? high : low + 1e-9];
}

/** A histogram lying on its side, scaled to its fullest bin. */
function bell(samples, y, side) {
  const bins = new Array(BINS).fill(0);
  for (const value of samples) bins[Math.min(BINS - 1, Math.floor((y(value) / CHART_HEIGHT) * BINS))]++;
  const fullest = Math.max(...bins);
  const height = CHART_HEIGHT / BINS;
  const left = AXIS + CHART_WIDTH + 6;
  const outline = bins.map((amount, index) => `V${(index * height).toFixed(1)}H${(left + (amount / fullest) * (BELL - 8)).toFixed(1)}V${((index + 1) * height).toFixed(1)}`);
  return draw("path", { class: `bell ${side}`, d: `M${left} 0${outline.join("")}H${left}Z` });
}

function latencyTable({ summary, said }) {
  const columnsOf = [["median", "median"], ["p90", "p90"], ["p99", "p99"], ["minimum", "fastest"], ["spread", "spread (IQR)"]];
  const rows = ["eager", "compiled"].map((side) => {
    const { tokensPerSecond } = summary[side];
    const cells = columnsOf.map(([key]) => make("td", {}, seconds(summary[side][key])));
    return make("tr", {}, make("th", { class: side }, side), ...cells, make("td", {}, tokensPerSecond ? `${figures(tokensPerSecond)} tokens/s` : ""));
  });
  const interval = summary.interval ? ` (95 % interval ${summary.interval.map(figures).join(" to ")}, ${summary.covers})` : "";
  const doubt = summary.trusted ? "" : ", which is not to be trusted: the machine was busy";
  const faster = summary.speedup === null ? "" : `Eager takes ${figures(summary.speedup)} × the time of compiled${interval}${doubt}.`;
  const head = make("tr", {}, make("th"), ...columnsOf.map(([, words]) => make("th", {}, words)), make("th"));
  return make("div", {}, make("table", { class: "numbers" }, make("thead", {}, head), make("tbody", {}, ...rows)), make("p", {}, faster), ...said.map((sentence) => make("p", {}, visible(sentence))));
}
