// Texts and their tokens. Columns count code points, as everywhere in a capture; strings here count UTF-16 units.

const SURROGATE = /[\ud800-\udfff]/;
const HIDDEN = /[^\P{C}\t]|[\u2028\u2029]/gu;
const LONGEST_LINE = 16384; // columns; what lies beyond is found by a search, but not drawn

/** Line, counted from 0, cut between two columns. */
function cut(line, start, end) {
  return SURROGATE.test(line) ? Array.from(line).slice(start, end).join("") : line.slice(start, end);
}

/** Columns of a line. */
function columns(line) {
  return SURROGATE.test(line) ? Array.from(line).length : line.length;
}

/** The column at a UTF-16 offset. */
function columnOf(line, offset) {
  return columns(line.slice(0, offset));
}

/** Stand-ins for what would act on a reader's eyes unseen: control characters, and marks that turn text around. */
function visible(text) {
  return text.replace(HIDDEN, (character) => {
    const code = character.codePointAt(0);
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : code === 0x7f ? "␡" : "\ufffd";
  });
}

/** A text as `packing.py` wrote it, cut into lines when it is first looked at. */
class Text {
  constructor(row) {
    this.text = row.text;
    this.packed = row.tokens;
  }

  get lines() {
    return (this.cutLines ??= this.text.split("\n"));
  }

  get longest() {
    if (this.longestLine === undefined) {
      this.longestLine = 0;
      for (const line of this.lines) this.longestLine = Math.max(this.longestLine, line.length);
    }
    return Math.min(this.longestLine, LONGEST_LINE);
  }

  /** The tokens of a line, counted from 0, as [start, end, letter]; what lies between them is plain. */
  tokens(number) {
    this.cutTokens ??= this.packed.split("\n");
    const found = [];
    let place = 0;
    for (const [, letter, length] of (this.cutTokens[number] ?? "").matchAll(/([.a-z])(\d+)/g)) {
      const end = place + Number(length);
      if (letter !== ".") found.push([place, end, letter]);
      place = end;
    }
    return found;
  }

  /** Offsets in `text` at which the lines begin. */
  get starts() {
    if (!this.lineStarts) {
      this.lineStarts = [0];
      for (let at = this.text.indexOf("\n"); at >= 0; at = this.text.indexOf("\n", at + 1)) this.lineStarts.push(at + 1);
    }
    return this.lineStarts;
  }
}

/** `1 kernel`, `2 kernels`, of what is counted here alone: lines that are searched, lit or left out. */
function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}
