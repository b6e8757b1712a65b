// Eager against compiled: samples in the order they were taken, how they spread, and what they say.

const [CHART_WIDTH, CHART_HEIGHT, AXIS, BELL] = [640, 170, 64, 90];
const BINS = 48;

function latencyCharts(runs) {
  const timed = runs.filter((run) => run.samples);
  if (!timed.length) return [make("p", { class: "quiet" }, "This capture holds no latency samples.")];
  return timed.map((run) => make("figure", {}, make("figcaption", {}, visible(run.shape)), latencyChart(run), latencyTable(run)));
}

function latencyChart({ samples, count, axis: { low, high, ticks } }) {
  const y = (value) => Math.max(0, (1 - (value - low) / (high - low)) * CHART_HEIGHT);
  const chart = draw("svg", { viewBox: `0 0 ${AXIS + CHART_WIDTH + BELL} ${CHART_HEIGHT + 24}`, role: "img", "aria-label": count });
  for (const [value, words] of ticks) {
    chart.append(
      draw("line", { class: "grid", x1: AXIS, x2: AXIS + CHART_WIDTH, y1: y(value), y2: y(value) }),
      draw("text", { x: AXIS - 6, y: y(value) + 4, "text-anchor": "end" }, words),
    );
  }
  for (const [side, values] of Object.entries(samples)) {
    const wide = Math.max(values.length - 1, 1);
    const dots = values.map((value, index) => `M${(AXIS + 4 + (index / wide) * (CHART_WIDTH - 8)).toFixed(1)} ${y(value).toFixed(1)}h0`);
    chart.append(draw("path", { class: `dots ${side}`, d: dots.join("") }), bell(values, y, side));
  }
  chart.append(draw("text", { x: AXIS, y: CHART_HEIGHT + 18 }, count));
  return chart;
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

function latencyTable({ columns, table, said }) {
  const head = make("tr", {}, ...columns.map((title) => make("th", { class: title }, title)));
  const rows = table.map(([label, ...values]) => make("tr", {}, make("th", {}, label), ...values.map((value) => make("td", {}, value))));
  const words = said.map(([sentence, tone]) => make("p", { class: `said ${tone}` }, visible(sentence)));
  return make("div", {}, make("table", { class: "numbers" }, make("thead", {}, head), make("tbody", {}, ...rows)), ...words);
}
