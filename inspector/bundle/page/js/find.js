// Search: matches in sight are painted in every pane, all of them are listed by stage.

const MOST_RESULTS = 1000;

/** The pattern that a person means: letter case counts once there is a capital letter; `re:` begins an expression. */
function patternOf(query) {
  const isExpression = query.startsWith("re:");
  const source = isExpression ? query.slice(3) : query.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
  if (!source) return null;
  return new RegExp(source, /\p{Lu}/u.test(isExpression ? "" : source) ? "gu" : "giu");
}

/** Up to MOST_RESULTS lines that match, of the artifacts of one compile id, and how many there are in all. */
function findEverywhere(artifacts, pattern) {
  const results = [];
  let total = 0;
  for (const artifact of artifacts) {
    const { starts, lines } = artifact.text;
    let number = 0;
    let last = -1;
    for (const match of artifact.text.text.matchAll(pattern)) {
      if (!match[0]) continue;
      while (number + 1 < starts.length && starts[number + 1] <= match.index) number++;
      if (number === last) continue;
      last = number;
      total++;
      if (results.length < MOST_RESULTS) {
        const col = columnOf(lines[number], match.index - starts[number]);
        results.push({ artifact, line: number + 1, col, text: lines[number] });
      }
    }
  }
  return { results, total };
}

class Finder {
  constructor(workspace, panels) {
    this.workspace = workspace;
    this.panels = panels;
    this.results = [];
    this.at = -1;
    this.input = byElementId("find");
    this.input.addEventListener("input", () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.run(), 120);
    });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        this.run();
        this.next(event.shiftKey ? -1 : 1);
      } else if (event.key === "Escape") {
        this.input.value = "";
        this.run();
        this.workspace.active?.scroller.focus();
      } else return;
      event.stopPropagation();
    });
  }

  run() {
    clearTimeout(this.timer);
    const query = this.input.value;
    if (query === this.query) return;
    this.query = query;
    const { workspace } = this;
    let pattern = null;
    this.input.setCustomValidity("");
    try {
      pattern = patternOf(query);
    } catch (error) {
      this.input.setCustomValidity(error.message);
    }
    this.input.classList.toggle("wrong", !this.input.validity.valid);
    for (const pane of workspace.panes) pane.find(pattern);
    this.at = -1;
    const artifacts = workspace.capture.artifacts.filter((item) => workspace.isShown(item));
    const { results, total } = pattern ? findEverywhere(artifacts, pattern) : { results: [], total: 0 };
    this.results = results;
    this.list(total);
    if (pattern) this.panels.open("search");
  }

  list(total) {
    const { capture } = this.workspace;
    const rows = this.results.map((result, index) =>
      make(
        "button",
        { class: "result", type: "button", "data-index": index, click: () => this.show(index) },
        make("b", {}, capture.stages[result.artifact.stage].short),
        make("span", { class: "where" }, `${capture.nameOf(result.artifact)}:${result.line}`),
        make("code", {}, visible(cut(result.text.trimStart(), 0, 300))),
      ),
    );
    const shown = total > rows.length ? `, of which the first ${rows.length.toLocaleString("en")} are listed` : "";
    const words = this.query ? `${plural(total, "line", "lines")}${shown}` : "Type in the box at the top, or press /.";
    this.panels.fill("search", make("p", { class: "quiet" }, words), ...rows);
  }

  next(by) {
    if (!this.results.length) return;
    const count = this.results.length;
    this.show(this.at < 0 ? (by > 0 ? this.nearest() : count - 1) : (this.at + by + count) % count);
  }

  /** The first result in the active pane at or behind its cursor, or the first of all. */
  nearest() {
    const { active } = this.workspace;
    const here = this.results.findIndex((item) => item.artifact === active?.artifact && item.line >= active.cursor.line);
    return Math.max(0, here);
  }

  show(index) {
    this.at = index;
    const { artifact, line, col } = this.results[index];
    this.workspace.go({ artifact: artifact.id, line, col });
    history.replaceState(null, "", hashOf({ artifact: artifact.id, line, col }));
    for (const pane of this.workspace.panes) pane.find(patternOf(this.query));
    for (const row of document.querySelectorAll(".result")) row.classList.toggle("now", row.dataset.index === String(index));
  }
}
