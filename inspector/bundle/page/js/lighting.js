// What lights up: a place, all that belongs to it, and the marks that this puts on lines. Nothing here draws.

const STRENGTHS = ["", "other", "pinned", "relative", "anchor"];
const [OTHER, PINNED, RELATIVE, ANCHOR] = [1, 2, 3, 4];

/** What belongs to a place; null where there is no such line. */
function lookUp(capture, spot) {
  const artifact = capture.byId.get(spot.artifact);
  const line = artifact?.text.lines[spot.line - 1];
  if (line === undefined) return null;
  // In the indentation nothing in particular is meant, so the whole line is.
  const meant = spot.col !== null && cut(line, 0, spot.col + 1).trim() ? spot.col : null;
  const relatives = capture.index.relatives(artifact.id, spot.line, meant);
  const order = capture.stages[artifact.stage].order;
  // A line can hold several expressions, each with a colour of its own. Which one is meant shows in what the place
  // became; only where it became several things has the line to speak for itself.
  const became = new Set();
  for (const [name, found] of relatives.byArtifact) {
    const other = capture.byId.get(name);
    if (other && capture.stages[other.stage].order > order) became.add(capture.index.group(name, lineOf(found[0].start)));
  }
  const color = became.size === 1 ? [...became][0] : capture.index.group(artifact.id, spot.line);
  return { spot, relatives, order, color: color ?? 0 };
}

/** The marks that a group puts on an artifact's lines: Map of line → {group, strength, spans}. */
function litLines(capture, group, artifact, strength) {
  const { lines } = artifact.text;
  const stage = capture.stages[artifact.stage];
  const found = new Map();
  for (const { start, end } of group.relatives.byArtifact.get(artifact.id) ?? []) {
    const own = stage.nodes ? null : capture.index.groupOf(artifact.id, start, end);
    for (let line = lineOf(start), last = Math.min(lastLine(start, end), lines.length); line <= last; line++) {
      const from = line === lineOf(start) ? colOf(start) : indentOf(lines[line - 1]);
      const to = line === lineOf(end) ? colOf(end) : Infinity;
      if (!found.has(line)) found.set(line, []);
      if (!stage.nodes && !isWhole(lines[line - 1], from, to)) found.get(line).push([from, to, own]);
    }
  }
  const theirs = stage.order > group.order;
  const marks = new Map();
  for (const [line, spans] of found) {
    const color = (theirs ? capture.index.group(artifact.id, line) : group.color) ?? 0;
    const widest = spans.sort((one, other) => one[0] - other[0] || other[1] - one[1]); // what lies in them comes after them
    marks.set(line, { group: color, strength, spans: widest.map(([from, to, own]) => [from, to, own ?? color]) });
  }
  return marks;
}

/** Columns before a line's first character that is no blank. */
function indentOf(line) {
  return columns(line) - columns(line.trimStart());
}

/** Whether columns hold all of a line that is not blank. */
function isWhole(line, from, to) {
  return !cut(line, 0, from).trim() && (to === Infinity || !cut(line, to).trim());
}

/** What a place is linked to and how that is known of each stage: inspector/say/links.py has the same sentence. */
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
