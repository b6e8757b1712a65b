// On paper there is nothing to scroll: what the panes hold is written out whole while the page is being printed.

const MOST_PRINTED = 3000; // lines of one text
const AROUND = 20; // lines of a source file above and below those that something came from

function preparePaper(workspace, notes) {
  const paper = byElementId("paper");
  addEventListener("beforeprint", () => {
    const panes = workspace.panes.filter((pane) => pane.artifact && !pane.element.hidden);
    paper.replaceChildren(...[notes.onPaper(), ...panes.map((pane) => onPaper(workspace.capture, pane))].filter(Boolean));
  });
  addEventListener("afterprint", () => paper.replaceChildren());
}

function onPaper(capture, pane) {
  const { artifact } = pane;
  const count = artifact.text.lines.length;
  const [first, last] = printedLines(capture, artifact);
  const rows = [];
  for (let number = first - 1; number < Math.min(last, first - 1 + MOST_PRINTED); number++) {
    const mark = pane.lit.get(number + 1);
    const row = make("div", { class: "row" }, make("span", { class: "gutter" }), make("span", { class: "number" }, String(number + 1)));
    if (mark) row.classList.add(`g${mark.group % GROUPS}`, STRENGTHS[mark.strength]);
    row.append(codeLine(artifact.text, number, mark?.spans));
    rows.push(row);
  }
  const rest = last - first + 1 - rows.length;
  if (rest > 0) rows.push(make("p", {}, `${plural(rest, "further line", "further lines")} not printed.`));
  const part = first > 1 || last < count ? `, lines ${first} to ${last} of ${count}` : "";
  return make("section", {}, make("h2", {}, `${capture.stages[artifact.stage].heading} · ${visible(artifact.id)}${part}`), ...rows);
}

/** Of a source file the lines that something came from, with lines around them; all of any other text. */
function printedLines(capture, artifact) {
  const count = artifact.text.lines.length;
  const linked = artifact.stage === "source" ? [...capture.index.linkedLines(artifact.id)].filter((line) => line <= count).sort((a, b) => a - b) : [];
  return linked.length ? [Math.max(1, linked[0] - AROUND), Math.min(count, linked.at(-1) + AROUND)] : [1, count];
}
