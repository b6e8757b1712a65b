// Every compile id in a row: what became of it, how long it took, why it was needed.

const MOST_COMPILES = 2000;
const COLUMNS = [
  ["compile id", (item) => item.id],
  ["function", (item) => item.function],
  ["status", (item) => item.status],
  ["time", ({ row }) => row?.seconds ?? 0, (value) => (value ? seconds(value) : "")],
  ["breaks", ({ row }) => row?.breaks ?? 0, String],
  ["recompile", ({ row }) => row?.recompile ?? 0, (value) => (value ? `no. ${value}` : "")],
  ["restarts", (item) => item.restarts, (value) => String(value || "")],
  ["caches", ({ row, cache }) => row?.cache || cache],
  ["defined at", ({ place }) => (place ? `${place.file}:${place.line}` : "")],
];

class Compiles {
  constructor(workspace) {
    this.workspace = workspace;
    this.sorted = null; // the column's number; null for the order in which they began
    this.element = make("div");
    this.draw();
  }

  draw() {
    const all = [...this.workspace.capture.compilations];
    if (this.sorted !== null) {
      const [, value] = COLUMNS[this.sorted];
      const isNumber = typeof value(all[0]) === "number";
      all.sort((a, b) => (isNumber ? value(b) - value(a) : value(a).localeCompare(value(b))));
    }
    const heads = COLUMNS.map(([name], index) => {
      const isSorted = this.sorted === index;
      return make("th", { "aria-sort": isSorted ? "other" : null }, make("button", { type: "button", click: () => this.sortBy(index) }, name + (isSorted ? " ▾" : "")));
    });
    const rows = all.slice(0, MOST_COMPILES).map((item) => {
      const cells = COLUMNS.map(([, value, words = String]) => make("td", {}, visible(words(value(item)))));
      cells[0].replaceChildren(make("button", { type: "button", class: "to", click: () => this.workspace.selectCompilation(item.id) }, visible(item.id)));
      return make("tr", { "data-status": item.status, "data-id": item.id }, ...cells);
    });
    const rest = all.length - rows.length;
    const more = rest > 0 ? make("p", { class: "quiet" }, `${plural(rest, "further compile id", "further compile ids")} in the list at the top.`) : null;
    this.element.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, ...heads)), make("tbody", {}, ...rows)), ...(more ? [more] : []));
    this.update();
  }

  sortBy(column) {
    this.sorted = this.sorted === column ? null : column;
    this.draw();
  }

  /** Marks the compile id on screen. */
  update() {
    for (const row of this.element.querySelectorAll("tbody tr")) row.classList.toggle("now", row.dataset.id === this.workspace.compileId);
  }
}
