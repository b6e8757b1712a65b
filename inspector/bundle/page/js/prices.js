// What each line costs: the column in the panes, the dearest places, and the panel. Words and shares come finished.

class Prices {
  constructor(data) {
    Object.assign(this, data);
    this.shown = true;
    this.byText = new Map(
      data.texts.map(([id, lines, expressions, dearest]) => [id, { lines: new Map(lines.map((cost) => [cost.line, cost])), expressions, dearest }]),
    );
  }

  /** What a line costs; undefined where nothing is known of it. */
  at(id, line) {
    return this.byText.get(id)?.lines.get(line);
  }

  /** In words: of the smallest expression around a place, else of its line. */
  words(id, line, col) {
    const around = this.byText.get(id)?.expressions.filter((one) => one.line === line && col !== null && one.from <= col && (one.to === null || col < one.to)) ?? [];
    return (around.at(-1) ?? this.at(id, line))?.words ?? "";
  }

  /** The cell of a row: empty where nothing is known of its line. */
  cell(id, line) {
    const cost = this.at(id, line);
    if (!cost) return make("span", { class: "cost" });
    const bar = make("span", { class: "bar" });
    bar.style.width = `${cost.bar}%`;
    return make("span", { class: `cost heat${cost.heat}`, title: visible(cost.words) }, make("span", { class: "room" }, cost.bar > 0 && bar), make("span", { class: "share" }, cost.tag));
  }

  /** The next dearest place of a pane, or the one before; null without any. */
  next({ artifact, cursor }, by) {
    const places = this.byText.get(artifact?.id)?.dearest ?? [];
    if (!places.length) return null;
    const at = places.findIndex(([line, col]) => line === cursor.line && col === cursor.col);
    const [line, col] = places[at < 0 ? 0 : (at + by + places.length) % places.length];
    return { line, col };
  }

  /** The panel: tables, and how the numbers came about. */
  panel() {
    const told = this.said.map(([label, words, tone]) => make("p", { class: `said ${tone}` }, label && [make("b", {}, label), " "], visible(words)));
    const tables = this.tables.map((table, index) => make("details", { open: index === 0, "data-by": table.by }, make("summary", {}, table.columns[0][0]), this.table(table)));
    return [make("p", {}, make("b", {}, visible(this.shape)), ` ${this.of.replace("% of ", "")}`), ...tables, ...told, make("p", { class: "quiet" }, this.legend)];
  }

  table({ columns, rows, left }) {
    const head = make("tr", {}, ...columns.map(([title, right]) => make("th", { class: right && "right" }, title)));
    const body = rows.map(({ depth, cells, to }) => {
      const row = make("tr", {}, ...cells.map((cell, index) => this.tableCell(cell, columns[index][1], index === 0 ? to : null)));
      row.firstChild.style.paddingLeft = `${depth * 2 + 0.5}ch`;
      return row;
    });
    const more = left ? make("p", { class: "quiet" }, plural(left, "row is not shown", "rows are not shown")) : null;
    return make("div", {}, make("table", { class: "numbers prices" }, make("thead", {}, head), make("tbody", {}, ...body)), more);
  }

  tableCell([words, share], right, to) {
    const text = to ? make("a", { href: hashOf({ artifact: to[0], line: to[1], col: to[2] }) }, make("code", {}, visible(words))) : visible(words);
    if (share === null) return make("td", { class: right && "right" }, text);
    const bar = make("span", { class: "bar" });
    bar.style.width = `${share}%`;
    return make("td", {}, make("span", { class: "room" }, bar), " ", text);
  }
}
