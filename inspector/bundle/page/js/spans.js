// Distinct spans and a fast answer to "which of them touch this range?": inspector/model/spans.py, word for word.

const WIDTH = 2 ** 32;

/** A position as one number that sorts as the position does. */
function pack(line, col) {
  return line * WIDTH + col;
}

function lineOf(packed) {
  return Math.floor(packed / WIDTH);
}

function colOf(packed) {
  return packed % WIDTH;
}

/** The last line that a span touches: an end at column 0 does not touch its own line. */
function lastLine(start, end) {
  return colOf(end) === 0 && lineOf(end) > lineOf(start) ? lineOf(end) - 1 : lineOf(end);
}

class SpanTable {
  constructor({ artifacts, counts, spans }) {
    const count = spans.length / 4;
    this.names = artifacts;
    this.ranges = new Map();
    this.artifact = new Int32Array(count);
    this.start = new Float64Array(count);
    this.end = new Float64Array(count);
    this.reach = new Float64Array(count);
    let number = 0;
    artifacts.forEach((name, index) => {
      const low = number;
      let line = 0;
      for (; number < low + counts[index]; number++) {
        line += spans[4 * number];
        this.artifact[number] = index;
        this.start[number] = pack(line, spans[4 * number + 1]);
        this.end[number] = pack(line + spans[4 * number + 2], spans[4 * number + 3]);
      }
      this.ranges.set(name, [low, number]);
      this.fillReach(low, number);
    });
  }

  get length() {
    return this.start.length;
  }

  /** Whether one span holds another, different one. */
  covers(outer, inner) {
    return (
      outer !== inner &&
      this.artifact[outer] === this.artifact[inner] &&
      this.start[outer] <= this.start[inner] &&
      this.end[inner] <= this.end[outer]
    );
  }

  rangeOf(name) {
    return this.ranges.get(name) ?? [0, 0];
  }

  /** The numbers of the spans that share a character with a range, in order of their start. */
  overlapping({ artifact, start, end }) {
    const found = [];
    const [low, high] = this.rangeOf(artifact);
    this.search(low, high, start, end, found);
    return found;
  }

  search(low, high, start, end, found) {
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.reach[middle] <= start) return;
      this.search(low, middle, start, end, found);
      if (this.start[middle] >= end) return;
      if (this.end[middle] > start) found.push(middle);
      low = middle + 1;
    }
  }

  /** A balanced search tree laid out in place: the middle is the root, `reach` the furthest end in its subtree. */
  fillReach(low, high) {
    if (low >= high) return 0;
    const middle = (low + high) >> 1;
    const reach = Math.max(this.end[middle], this.fillReach(low, middle), this.fillReach(middle + 1, high));
    this.reach[middle] = reach;
    return reach;
  }
}
