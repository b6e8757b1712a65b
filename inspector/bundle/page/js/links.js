// What belongs to a place: inspector/model/link.py, word for word; a test asks both the same questions.

const COARSE = 3; // the rank of an origin that is known for a whole kernel only
const RANKS = 4;
const GROUPS = 12; // colours of link groups; a higher number begins anew

/** Edges of one direction, grouped by the span that they leave. */
class Edges {
  constructor(count, from, to, rank) {
    this.first = new Int32Array(count + 1);
    this.target = new Int32Array(from.length);
    this.rank = new Int8Array(from.length);
    for (const start of from) this.first[start + 1]++;
    for (let number = 0; number < count; number++) this.first[number + 1] += this.first[number];
    const next = this.first.slice();
    for (let index = 0; index < from.length; index++) {
      const place = next[from[index]]++;
      this.target[place] = to[index];
      this.rank[place] = rank[index];
    }
  }

  any(number) {
    return this.first[number] < this.first[number + 1];
  }
}

class LinkIndex {
  /** `listings`: the artifacts in which a span of several lines is a run of lines, not a whole with parts. */
  constructor(packed, listings = new Set()) {
    this.listings = listings;
    this.spans = new SpanTable(packed);
    const count = packed.links.length / 3;
    const [a, b, rank] = [new Int32Array(count), new Int32Array(count), new Int8Array(count)];
    for (let index = 0, from = 0; index < count; index++) {
      from += packed.links[3 * index];
      a[index] = from;
      b[index] = packed.links[3 * index + 1];
      rank[index] = packed.links[3 * index + 2];
    }
    this.down = new Edges(this.spans.length, a, b, rank);
    this.up = new Edges(this.spans.length, b, a, rank);
    this.groups = new Map();
    this.knownRoots = new Map();
    this.lines = new Map();
  }

  /** What belongs to a place: Map of artifact → [{start, end, rank}], packed positions; `anchors` are the spans it lies in. */
  relatives(artifact, line, col) {
    const place = this.place(artifact, line, col);
    const anchors = new Map();
    const found = new Map();
    for (const edges of [this.up, this.down]) this.walk(place, edges, anchors, found);
    for (const [number, rank] of anchors) found.set(number, rank);
    const byArtifact = new Map();
    for (const number of [...found.keys()].sort((one, other) => one - other)) {
      const name = this.spans.names[this.spans.artifact[number]];
      if (!byArtifact.has(name)) byArtifact.set(name, []);
      byArtifact.get(name).push({ start: this.spans.start[number], end: this.spans.end[number], rank: found.get(number) });
    }
    for (const [name, relatives] of byArtifact) byArtifact.set(name, withoutRepeats(relatives));
    return { anchors: [...anchors.keys()], byArtifact };
  }

  /** A small number shared by lines that come from the same earliest span; null for a line without links. */
  group(artifact, line) {
    const key = `${artifact}\n${line}`;
    if (!this.groups.has(key)) this.groups.set(key, this.findGroup(this.place(artifact, line, null)));
    return this.groups.get(key);
  }

  /** The group of a part of a line: that of what it comes from, of a first span that of the line it became. */
  groupOf(artifact, start, end) {
    const place = { artifact, start, end };
    const same = this.spans.overlapping(place).filter((number) => this.spans.start[number] === start && this.spans.end[number] === end);
    if (same.some((number) => this.up.any(number))) return this.findGroup(place);
    let best = null;
    for (const number of same) {
      for (let index = this.down.first[number]; index < this.down.first[number + 1]; index++) {
        const [target, rank] = [this.down.target[index], this.down.rank[index]];
        if (!best || rank < best[1] || (rank === best[1] && target < best[0])) best = [target, rank];
      }
    }
    return best && this.group(this.spans.names[this.spans.artifact[best[0]]], lineOf(this.spans.start[best[0]]));
  }

  /** The lines of an artifact that have relatives. */
  linkedLines(artifact) {
    if (!this.lines.has(artifact)) {
      const lines = new Set();
      const [low, high] = this.spans.rangeOf(artifact);
      for (let number = low; number < high; number++) {
        const [start, end] = [this.spans.start[number], this.spans.end[number]];
        for (let line = lineOf(start), last = lastLine(start, end); line <= last; line++) lines.add(line);
      }
      this.lines.set(artifact, lines);
    }
    return this.lines.get(artifact);
  }

  place(artifact, line, col) {
    const whole = { artifact, start: pack(line, 0), end: pack(line + 1, 0) };
    if (col === null) return whole;
    const cursor = { artifact, start: pack(line, col), end: pack(line, col + 1) };
    return this.spans.overlapping(cursor).some((number) => this.spans.end[number] >= cursor.end) ? cursor : whole;
  }

  placeOf(number) {
    const { names, artifact, start, end } = this.spans;
    return { artifact: names[artifact[number]], start: start[number], end: end[number] };
  }

  walk(place, edges, anchors, found) {
    const pending = [];
    const coarse = [];
    for (const [local, target, rank] of this.step(place, edges)) {
      anchors.set(local, Math.min(rank, anchors.get(local) ?? rank));
      if (rank < COARSE) pending.push([target, rank]);
      else coarse.push(target);
    }
    const seen = new Map();
    while (pending.length) {
      const [number, rank] = pending.pop();
      if ((seen.get(number) ?? RANKS) <= rank) continue;
      seen.set(number, rank);
      for (const [, target, step] of this.step(this.placeOf(number), edges, true)) {
        if (step < COARSE) pending.push([target, Math.max(rank, step)]);
        else coarse.push(target);
      }
    }
    this.walkCoarse(coarse, edges, seen);
    for (const [number, rank] of seen) found.set(number, Math.min(rank, found.get(number) ?? rank));
  }

  /** Goes on to what is known for whole kernels only, unless something within such a kernel is known better. */
  walkCoarse(pending, edges, seen) {
    const spans = this.spans;
    const better = new Map();
    for (const number of seen.keys()) {
      const artifact = spans.artifact[number];
      if (!better.has(artifact)) better.set(artifact, []);
      better.get(artifact).push(number);
    }
    while (pending.length) {
      const number = pending.pop();
      const inside = better.get(spans.artifact[number]) ?? [];
      if (seen.has(number) || inside.some((other) => spans.covers(number, other))) continue;
      seen.set(number, COARSE);
      for (const [, target] of this.step(this.placeOf(number), edges, true)) pending.push(target);
    }
  }

  /**
   * The edges that lead from a place as [span, target, rank], the finest known to each artifact. A span that a link
   * led to (`reached`) is meant as a whole: what goes on from a part of it or from what holds it knows no more.
   */
  step(place, edges, reached = false) {
    const spans = this.spans;
    const hasParts = reached && !this.listings.has(place.artifact);
    let steps = [];
    const inside = new Set(); // artifacts that a span within the place leads to
    const around = new Map(); // artifact → the spans reaching beyond the place that lead there
    for (const local of spans.overlapping(place)) {
      const [start, end] = [spans.start[local], spans.end[local]];
      const same = start === place.start && end === place.end;
      const beyond = start <= place.start && place.end <= end && !same;
      const weakest = hasParts && !same ? COARSE : 0;
      for (let index = edges.first[local]; index < edges.first[local + 1]; index++) {
        const target = edges.target[index];
        const artifact = spans.artifact[target];
        if (!beyond) inside.add(artifact);
        else if (around.has(artifact)) around.get(artifact).add(local);
        else around.set(artifact, new Set([local]));
        steps.push([local, target, Math.max(edges.rank[index], weakest)]);
      }
    }
    if (around.size) {
      const dropped = new Map();
      for (const [artifact, locals] of around) {
        const covering = (local) => [...locals].some((other) => spans.covers(local, other));
        dropped.set(artifact, inside.has(artifact) ? locals : new Set([...locals].filter(covering)));
      }
      steps = steps.filter(([local, target]) => !dropped.get(spans.artifact[target])?.has(local));
    }
    return this.withoutCoarser(steps);
  }

  /** Leaves out whole-kernel targets that a stronger link leads into. */
  withoutCoarser(steps) {
    const coarse = steps.filter(([, , rank]) => rank === COARSE);
    if (!coarse.length || coarse.length === steps.length) return steps;
    const finer = steps.filter(([, , rank]) => rank < COARSE);
    const hidden = ([, target]) => finer.some(([, other]) => this.spans.covers(target, other));
    return steps.filter((step) => step[2] < COARSE || !hidden(step));
  }

  findGroup(place) {
    const best = new Map();
    for (const [, target, rank] of this.step(place, this.up)) takeBest(best, this.roots(target), rank);
    if (!best.size) {
      for (const [local, , rank] of this.step(place, this.down)) {
        if (!this.step(this.placeOf(local), this.up, true).length) best.set(local, Math.min(rank, best.get(local) ?? rank));
      }
    }
    if (!best.size) return null;
    const strongest = Math.min(...best.values());
    const roots = [...best.keys()].filter((root) => best.get(root) === strongest);
    return this.rootNumbers.get(this.representative(roots));
  }

  /** The spans that a span comes from and that nothing leads to → the best of the weakest origins on the ways. */
  roots(number) {
    const known = this.knownRoots;
    if (known.has(number)) return known.get(number);
    const pending = [number];
    while (pending.length) {
      const at = pending.at(-1);
      if (!known.has(at)) known.set(at, new Map()); // so that links in a circle come to an end
      const steps = this.step(this.placeOf(at), this.up, true);
      const missing = new Set(steps.map(([, target]) => target).filter((target) => !known.has(target)));
      if (missing.size) {
        pending.push(...missing);
        continue;
      }
      pending.pop();
      const best = new Map(steps.length ? [] : [[at, 0]]);
      for (const [, target, rank] of steps) takeBest(best, known.get(target), rank);
      known.set(at, best);
    }
    return known.get(number);
  }

  /** The root that stands for several: in the artifact with most of them the smallest that holds the others. */
  representative(roots) {
    const byArtifact = new Map();
    for (const number of roots.sort((one, other) => this.rootNumbers.get(one) - this.rootNumbers.get(other))) {
      const artifact = this.spans.artifact[number];
      if (!byArtifact.has(artifact)) byArtifact.set(artifact, []);
      byArtifact.get(artifact).push(number);
    }
    let numbers = [];
    let count = 0; // of equally many, those of the artifact with most roots at all
    for (const [artifact, found] of byArtifact) {
      const all = this.rootCounts.get(artifact);
      if (found.length > numbers.length || (found.length === numbers.length && all > count)) [numbers, count] = [found, all];
    }
    const holding = numbers.filter((a) => numbers.every((b) => a === b || this.spans.covers(a, b)));
    return (holding.length ? holding : numbers).at(-1);
  }

  /** Spans that nothing leads to → a number that rises in the order of the stages, then of the text; its remainder by
   * GROUPS is made of the line and of the place in it alone. */
  get rootNumbers() {
    if (!this.rootOrder) {
      const depths = this.depths();
      const roots = [];
      for (let number = 0; number < this.spans.length; number++) if (!this.up.any(number)) roots.push(number);
      const depth = (number) => depths.get(this.spans.artifact[number]) ?? 0;
      roots.sort((one, other) => depth(one) - depth(other) || one - other);
      this.rootOrder = new Map();
      this.rootCounts = new Map();
      const seen = new Map();
      roots.forEach((number, count) => {
        const [artifact, start, end] = [this.spans.artifact[number], this.spans.start[number], this.spans.end[number]];
        const line = `${artifact}:${lineOf(start)}`;
        let colour = 5 * lineOf(start) - 1;
        if (colOf(start) || colOf(end)) {
          seen.set(line, (seen.get(line) ?? 0) + 1);
          colour += seen.get(line);
        }
        this.rootOrder.set(number, GROUPS * count + (colour % GROUPS));
        this.rootCounts.set(artifact, (this.rootCounts.get(artifact) ?? 0) + 1);
      });
    }
    return this.rootOrder;
  }

  /** Artifact → the longest way to it from an artifact that nothing leads to. */
  depths() {
    const { spans, down } = this;
    const steps = new Set();
    const depths = new Map();
    for (let number = 0; number < spans.length; number++) {
      for (let index = down.first[number]; index < down.first[number + 1]; index++) {
        const [a, b] = [spans.artifact[number], spans.artifact[down.target[index]]];
        steps.add(a * spans.names.length + b);
        depths.set(a, 0).set(b, 0);
      }
    }
    const pairs = [...steps].map((step) => [Math.floor(step / spans.names.length), step % spans.names.length]);
    for (let round = 0; round < depths.size; round++) {
      const deeper = new Map();
      for (const [a, b] of pairs) if (depths.get(a) + 1 > depths.get(b) && a !== b) deeper.set(b, depths.get(a) + 1);
      if (!deeper.size) break;
      for (const [artifact, depth] of deeper) depths.set(artifact, depth);
    }
    return depths;
  }
}

/** Adds what one step leads to, no better known than the step itself. */
function takeBest(best, roots, rank) {
  for (const [root, known] of roots) {
    const worst = Math.max(rank, known);
    best.set(root, Math.min(worst, best.get(root) ?? worst));
  }
}

/** Leaves out whole lines that a longer run of whole lines, at least as well known, already holds. */
function withoutRepeats(relatives) {
  const kept = [];
  const reach = new Array(RANKS).fill(0);
  relatives.sort((one, other) => one.start - other.start || lineOf(other.end) - lineOf(one.end));
  for (const relative of relatives) {
    const { start, end, rank } = relative;
    if (colOf(start) === 0 && colOf(end) === 0) {
      if (reach.slice(0, rank + 1).some((known) => known >= end)) continue;
      reach[rank] = Math.max(reach[rank], end);
    }
    kept.push(relative);
  }
  return kept;
}
