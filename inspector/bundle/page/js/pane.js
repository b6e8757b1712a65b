// One text. Only the rows in sight are in the document, so a hundred thousand lines cost as much as a screenful.

const ROW = 18; // pixels; the style sheet says the same
const AHEAD = 12; // rows drawn above and below those in sight

class Pane {
  /** `on`: chosen(pane, place), hovered(pane, place or null), picked(pane), jumped(), focused(pane), stageChosen(pane, stage), itemChosen(pane, id). */
  constructor(on) {
    this.on = on;
    this.artifact = null;
    this.cursor = { line: 1, col: 0 };
    this.lit = new Map();
    this.found = null;
    this.range = null; // the lines that a person picked at their numbers, [from, to], the first one clicked first
    this.rows = new Map();
    this.stage = make("select", { "aria-label": "Stage", change: () => on.stageChosen(this, this.stage.value) });
    this.item = make("select", { "aria-label": "Text", class: "item", change: () => on.itemChosen(this, this.item.value) });
    this.origin = make("span", { class: "origin" });
    this.costs = make("span", { class: "costs" }); // what shares are shares of
    this.count = make("span", { class: "count" });
    this.canvas = make("div", { class: "canvas" });
    this.scroller = make("div", { class: "code", tabindex: 0, role: "region" }, this.canvas);
    this.element = make(
      "section",
      { class: "pane" },
      make("header", {}, this.stage, this.item, this.origin, this.costs, this.count),
      this.scroller,
    );
    this.listen();
  }

  listen() {
    const { scroller } = this;
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    scroller.addEventListener("focus", () => this.on.focused(this));
    scroller.addEventListener("pointermove", (event) => {
      if (event.pointerType === "mouse" && !event.buttons && getSelection().isCollapsed) this.on.hovered(this, this.placeAt(event));
    });
    scroller.addEventListener("pointerleave", () => this.on.hovered(this, null));
    scroller.addEventListener("pointerdown", (event) => this.pickFrom(event));
    scroller.addEventListener("click", (event) => {
      if (!event.target.closest(".number") && getSelection().isCollapsed) this.choose(this.placeAt(event));
    });
    scroller.addEventListener("dblclick", () => this.on.jumped(this));
    new ResizeObserver(() => this.resized()).observe(scroller);
  }

  // --- what it shows ---------------------------------------------------------------------------------------

  /** Whether it is another text than before. */
  show(artifact) {
    if (this.artifact === artifact) return false;
    this.artifact = artifact;
    this.cursor = { line: artifact?.focus ?? 1, col: 0 };
    this.lit = new Map();
    this.revealed = null;
    this.range = null;
    this.clear();
    const count = artifact ? artifact.text.lines.length : 0;
    this.digits = Math.max(3, String(count).length);
    this.count.textContent = artifact ? plural(count, "line", "lines") : "";
    this.scroller.setAttribute("aria-label", artifact ? artifact.id : "nothing");
    this.canvas.style.height = `${count * ROW}px`;
    const costs = artifact && this.on.cost(this, 1) ? 14 : 0;
    this.canvas.style.minWidth = `calc(${(artifact?.text.longest ?? 0) + this.digits + costs + 4}ch)`;
    this.canvas.style.setProperty("--digits", `${this.digits}ch`);
    this.scroller.scrollTo(0, Math.max(0, this.cursor.line - 4) * ROW);
    this.draw();
    return true;
  }

  /** `lit`: Map of line → mark; every other linked line gets a faint mark of its group in the gutter. */
  mark(lit, faint) {
    this.lit = lit;
    this.faint = faint;
    this.draw();
  }

  find(pattern) {
    this.found = pattern;
    this.draw();
  }

  // --- picking lines ---------------------------------------------------------------------------------------

  /** At the numbers whole lines are picked: drag, or click the first and click the last with shift held. Unlike a
   * selection of text, which a browser can only keep in rows that are in the document, this outlives any scrolling. */
  pickFrom(event) {
    if (event.button !== 0) return;
    const line = event.target.closest(".number") ? this.lineAt(event) : null;
    if (line === null) return this.pick(null);
    event.preventDefault();
    const from = event.shiftKey && this.range ? this.range[0] : line;
    const to = (moved) => this.pick([from, this.lineAt(moved) ?? line]);
    this.scroller.focus({ preventScroll: true });
    this.scroller.setPointerCapture(event.pointerId);
    this.scroller.addEventListener("pointermove", to);
    this.scroller.addEventListener("lostpointercapture", () => this.scroller.removeEventListener("pointermove", to), { once: true });
    this.pick([from, line]);
  }

  pick(range) {
    if (!range && !this.range) return;
    this.range = range;
    this.draw();
    this.on.picked(this);
  }

  /** The picked lines, first to last; null where there are none. */
  get picked() {
    return this.range ? [Math.min(...this.range), Math.max(...this.range)] : null;
  }

  get pickedText() {
    const [first, last] = this.picked;
    return this.artifact.text.lines.slice(first - 1, last).join("\n");
  }

  /** Every row anew. */
  redraw() {
    this.clear();
    this.draw();
  }

  clear() {
    for (const { element } of this.rows.values()) element.remove();
    this.rows.clear();
  }

  // --- moving ----------------------------------------------------------------------------------------------

  /** As a person's move. */
  choose(place) {
    if (!place || !this.artifact) return;
    this.setCursor(place);
    this.on.chosen(this, this.cursor);
  }

  setCursor({ line, col }) {
    this.cursor = { line: Math.min(Math.max(1, line), this.artifact.text.lines.length), col };
    this.reveal(this.cursor.line, this.cursor.line);
    this.draw();
  }

  move(lines, columnsBy = 0) {
    if (!this.artifact) return;
    const line = Math.min(Math.max(1, this.cursor.line + lines), this.artifact.text.lines.length);
    const width = columns(this.artifact.text.lines[line - 1]);
    const col = Math.min(Math.max(0, (this.cursor.col ?? 0) + columnsBy), Math.max(0, width - 1));
    this.choose({ line, col });
  }

  get screenful() {
    return Math.max(1, Math.floor(this.scroller.clientHeight / ROW) - 1);
  }

  /** What was in sight of the lines that were asked for last stays in sight. */
  resized() {
    const [first, last] = this.revealed ?? [this.cursor.line, this.cursor.line];
    const { scrollTop } = this.scroller;
    const wasSeen = last * ROW > scrollTop && (first - 1) * ROW < scrollTop + (this.height ?? 0);
    this.height = this.scroller.clientHeight;
    if (wasSeen && this.height) this.reveal(first, Math.min(last, first + this.screenful - 1));
    this.draw();
  }

  /** Scrolls as little as needed; what is far away comes into the upper third. */
  reveal(first, last) {
    this.revealed = [first, last];
    const { scrollTop, clientHeight } = this.scroller;
    const [top, bottom] = [(first - 1) * ROW, last * ROW];
    if (top >= scrollTop && bottom <= scrollTop + clientHeight) return;
    const near = top >= scrollTop - 3 * ROW && bottom <= scrollTop + clientHeight + 3 * ROW;
    if (near && bottom - top < clientHeight) this.scroller.scrollTop = top < scrollTop ? top : bottom - clientHeight;
    else this.scroller.scrollTop = Math.max(0, top - clientHeight / 3);
  }

  /** The line at the height of the pointer; null below the last one. */
  lineAt({ clientY }) {
    const line = Math.floor((clientY - this.scroller.getBoundingClientRect().top + this.scroller.scrollTop) / ROW) + 1;
    return this.artifact && line >= 1 && line <= this.artifact.text.lines.length ? line : null;
  }

  /** The place under the pointer; null beside the text. */
  placeAt(event) {
    const { clientX, clientY } = event;
    const line = this.lineAt(event);
    const box = this.scroller.getBoundingClientRect();
    const row = this.rows.get(line);
    if (!row || clientX > box.left + this.scroller.clientWidth) return null;
    const at = offsetAt(clientX, clientY, row.element.lastChild);
    const text = visible(this.artifact.text.lines[line - 1]);
    return { line, col: at === null ? null : columnOf(text, at) };
  }

  // --- drawing ---------------------------------------------------------------------------------------------

  draw() {
    const { scroller, artifact } = this;
    if (!artifact || !scroller.clientHeight) return;
    const first = Math.max(1, Math.floor(scroller.scrollTop / ROW) + 1 - AHEAD);
    const last = Math.min(artifact.text.lines.length, Math.ceil((scroller.scrollTop + scroller.clientHeight) / ROW) + AHEAD);
    for (const [line, { element }] of this.rows) {
      if (line < first || line > last) {
        element.remove();
        this.rows.delete(line);
      }
    }
    for (let line = first; line <= last; line++) this.drawRow(line);
  }

  /** Rows that look as they did stay, and with them a selection in them. */
  drawRow(line) {
    let mark = this.lit.get(line);
    if (!mark) {
      const group = this.faint?.(line) ?? null;
      mark = group === null ? null : { group, strength: OTHER, spans: [] };
    }
    const [from, to] = this.picked ?? [0, -1];
    const isPicked = from <= line && line <= to;
    const key = `${JSON.stringify(mark)}${isPicked}${this.cursor.line === line}${this.found?.source ?? ""}${this.found?.flags ?? ""}`;
    const known = this.rows.get(line);
    if (known?.key === key) return;
    const element = make("div", { class: "row" });
    if (mark) element.classList.add(`g${mark.group % GROUPS}`, STRENGTHS[mark.strength]);
    if (mark?.spans.length) element.classList.add("partly");
    element.classList.toggle("cursor", this.cursor.line === line);
    element.classList.toggle("picked", isPicked);
    element.style.top = `${(line - 1) * ROW}px`;
    const number = make("span", { class: "number" }, String(line));
    const noted = this.on.marked(this, line);
    if (noted) number.dataset.note = noted;
    const cost = this.on.cost(this, line);
    element.append(make("span", { class: "gutter" }), number, ...(cost ? [cost] : []), codeLine(this.artifact.text, line - 1, mark?.spans, this.found));
    if (known) known.element.replaceWith(element);
    else this.canvas.append(element);
    this.rows.set(line, { element, key });
  }
}

/** A line's text as <code>: its tokens, the columns that are meant exactly, what a search found. */
function codeLine(text, number, spans = [], pattern = null) {
  const line = text.lines[number];
  const width = Math.min(columns(line), LONGEST_LINE);
  const runs = [...text.tokens(number).map(([start, end, letter]) => [start, end, `t-${letter}`])];
  runs.push(...spans.map(([start, end, group]) => [start, end, `meant g${group % GROUPS}`]));
  if (pattern) runs.push(...matches(line, pattern).map(([start, end]) => [start, end, "found"]));
  const edges = new Set([0, width]);
  for (const [start, end] of runs) edges.add(Math.min(start, width)).add(Math.min(end, width));
  const code = make("code");
  const places = [...edges].sort((a, b) => a - b);
  places.slice(0, -1).forEach((start, index) => {
    const end = places[index + 1];
    const over = runs.filter((run) => run[0] <= start && end <= run[1]).map((run) => run[2]);
    const meant = over.filter((name) => name.startsWith("meant")).at(-1); // the innermost lies over the others
    const classes = over.filter((name) => !name.startsWith("meant") || name === meant);
    const piece = visible(cut(line, start, end));
    code.append(classes.length ? make("span", { class: classes.join(" ") }, piece) : piece);
  });
  if (columns(line) > width) code.append(make("i", { class: "cut" }, ` … ${plural(columns(line) - width, "column", "columns")} more`));
  return code;
}

/** Columns at which a pattern matches in a line. */
function matches(line, pattern) {
  return [...line.matchAll(pattern)]
    .filter((match) => match[0])
    .map((match) => [columnOf(line, match.index), columnOf(line, match.index + match[0].length)]);
}

/** The UTF-16 offset in an element's text under a point; null outside it. */
function offsetAt(x, y, element) {
  const caret = document.caretPositionFromPoint?.(x, y) ?? document.caretRangeFromPoint?.(x, y);
  const node = caret?.offsetNode ?? caret?.startContainer;
  if (!node || !element.contains(node)) return null;
  const range = document.createRange();
  range.selectNodeContents(element);
  range.setEnd(node, caret.offset ?? caret.startOffset);
  const after = range.toString().length;
  // The caret stands between two characters; the one under the point may be that before it.
  const probe = document.createRange();
  probe.setStart(node, caret.offset ?? caret.startOffset);
  probe.collapse(true);
  return after > 0 && probe.getBoundingClientRect().left > x ? after - 1 : after;
}
