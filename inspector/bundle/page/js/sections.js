// Sections of rows: finished words, each with how it is meant and where it leads. Nothing is worded here.

const MOST_BELOW = 8; // rows further in that follow one another unfolded

/** A section; `lead` gives what a row with a place leads to, `more` stands below the rows. */
function drawSection({ name, title, count, open, rows }, lead, ...more) {
  const heading = make("summary", {}, visible(title), count !== null && make("span", { class: "quiet" }, ` ${count}`));
  return make("details", { open, "data-section": name }, heading, ...drawRows(rows, lead), ...more);
}

/** The rows; many that lie further in fold together. */
function drawRows(rows, lead) {
  const drawn = [];
  for (let at = 0; at < rows.length; ) {
    let end = at;
    while (end < rows.length && rows[end][3] > 1) end += 1;
    const inner = rows.slice(at, end);
    if (inner.length > MOST_BELOW) drawn.push(later(`${inner.length}…`, () => inner.map((row) => drawRow(row, lead)), { class: "depth2" }));
    else drawn.push(...rows.slice(at, Math.max(end, at + 1)).map((row) => drawRow(row, lead)));
    at = Math.max(end, at + 1);
  }
  return drawn;
}

function drawRow([label, text, tone, depth, ...to], lead) {
  const attributes = { class: `said ${tone} depth${Math.min(depth, 3)}${depth && to.length === 2 ? " frame" : ""}` };
  const go = to.length ? lead(to) : null;
  const words = go ? make("a", go, visible(text)) : visible(text);
  return make("p", attributes, label.trim() && [make("b", {}, visible(label)), " "], tone === "code" ? make("code", {}, words) : words);
}

/** A part that folds, and that is made when it is first unfolded: a key's parts or a thousand guards cost nothing unseen. */
function later(heading, build, attributes = {}) {
  const box = make("details", attributes, make("summary", {}, heading));
  box.addEventListener("toggle", () => box.append(...[build()].flat()), { once: true });
  return box;
}
