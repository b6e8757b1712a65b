// Sentences.

/** `1 kernel`, `2 kernels`. */
function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A time with three figures and its unit: `812 ns`, `1.24 ms`, `3.07 s`. */
function seconds(value) {
  for (const [unit, scale] of [["s", 1], ["ms", 1e-3], ["µs", 1e-6]]) {
    if (value >= scale * 0.9995) return `${figures(value / scale)} ${unit}`;
  }
  return value ? `${figures(value / 1e-9)} ns` : "0";
}

function figures(value) {
  if (value >= 99.95) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 9.995 ? 1 : 2);
}

/** A round step (1, 2 or 5 times a power of ten) that cuts a span into at most so many pieces. */
function niceStep(span, most) {
  if (!(span > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(span / most));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= (span / most) * 0.999999);
}

/** What a place is linked to and how that is known of each stage: inspector/link/words.py has the same sentence. */
function describe(capture, group, isShown) {
  const counts = new Map();
  for (const [name, found] of group.relatives.byArtifact) {
    const artifact = capture.byId.get(name);
    if (!artifact || name === group.spot.artifact || !isShown(artifact)) continue;
    const stage = capture.stages[artifact.stage];
    const at = counts.get(artifact.stage) ?? { stage, amount: 0, rank: 0, kernels: new Set() };
    counts.set(artifact.stage, at);
    if (stage.nodes) {
      at.amount += found.length;
    } else {
      const lines = new Set();
      for (const { start, end } of found) {
        for (let line = lineOf(start), last = lastLine(start, end); line <= last; line++) lines.add(line);
      }
      at.amount += lines.size;
    }
    if (artifact.stage === "kernel") at.kernels.add(artifact.kernel);
    at.rank = Math.max(at.rank, ...found.map((item) => item.rank));
  }
  const byOrigin = new Map();
  for (const { stage, amount, rank, kernels } of [...counts.values()].sort((a, b) => a.stage.order - b.stage.order)) {
    let words = plural(amount, ...stage.units);
    if (kernels.size) words = plural(kernels.size, "kernel", "kernels") + (rank === COARSE ? "" : `, ${words}`);
    if (!byOrigin.has(rank)) byOrigin.set(rank, []);
    byOrigin.get(rank).push(words);
  }
  return [...byOrigin].map(([rank, words]) => ({ origin: capture.origins[rank], words: words.join(", ") }));
}
