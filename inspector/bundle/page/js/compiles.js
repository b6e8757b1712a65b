// Every compile id in a row: what became of it, how long it took, why it was needed. The words are finished.

const MOST_COMPILES = 2000;
const ID = 1; // the column of compile ids
const NUMBERS = { time: 0, share: 0, breaks: 1, recompiles: 2 }; // columns whose order is that of numbers

class Compiles {
  constructor(workspace) {
    this.workspace = workspace;
    this.sorted = null; // the column's number; null for the order in which they began
    this.element = make("div");
    this.draw();
  }

  draw() {
    const { columns, compilations } = this.workspace.capture;
    const all = [...compilations];
    const shown = columns.map(([title], index) => [title, index]).filter(([title, index]) => !columns[index][1] && title !== "share");
    if (this.sorted !== null) {
      const number = NUMBERS[columns[this.sorted][0]];
      const text = (item) => item.cells[this.sorted]?.[0] ?? "";
      all.sort((a, b) => (number === undefined ? text(a).localeCompare(text(b)) : a.order[number] - b.order[number]));
    }
    const heads = shown.map(([title, index]) => {
      const isSorted = this.sorted === index;
      return make("th", { "aria-sort": isSorted ? "other" : null }, make("button", { type: "button", click: () => this.sortBy(index) }, title + (isSorted ? " ▾" : "")));
    });
    const rows = all.slice(0, MOST_COMPILES).map((item) => {
      const cells = shown.map(([, index]) => {
        const [text, after] = item.cells[index] ?? ["", ""];
        const words = index === ID ? make("button", { type: "button", class: "to", click: () => this.workspace.selectCompilation(item.id) }, visible(text)) : visible(text);
        return make("td", {}, words, after && make("span", { class: "quiet" }, ` ${visible(after)}`));
      });
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
