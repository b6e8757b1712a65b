// The panels below the panes: what is known of the compile id on screen, apart from its texts.

const TABS = [
  ["details", "Details"],
  ["phases", "Phases"],
  ["latency", "Latency"],
  ["notes", "Notes"],
  ["search", "Search"],
  ["compiles", "Compile ids"],
];

class Panels {
  constructor(workspace) {
    this.workspace = workspace;
    this.element = byElementId("panels");
    this.bodies = new Map(
      TABS.map(([name, words]) => [name, make("div", { class: `panel ${name}`, role: "tabpanel", "aria-label": words, tabindex: 0 })]),
    );
    this.buttons = new Map(
      TABS.map(([name, words]) => [name, make("button", { type: "button", role: "tab", click: () => this.open(name) }, words)]),
    );
    this.size = make("button", { type: "button", class: "size", title: "Taller, smaller, hidden (m)", click: () => this.resize() }, "↕");
    this.element.append(make("nav", { role: "tablist" }, ...this.buttons.values(), this.size), ...this.bodies.values());
    this.compiles = new Compiles(workspace);
    this.fill("compiles", this.compiles.element);
    this.buttons.get("compiles").hidden = workspace.capture.compilations.length < 2;
    this.open("details");
  }

  open(name) {
    for (const [other, body] of this.bodies) body.hidden = other !== name;
    for (const [other, button] of this.buttons) button.setAttribute("aria-selected", other === name);
    if (this.element.dataset.size === "none") this.element.dataset.size = "";
  }

  /** Taller, hidden, and back. */
  resize() {
    const sizes = ["", "tall", "none"];
    this.element.dataset.size = sizes[(sizes.indexOf(this.element.dataset.size ?? "") + 1) % sizes.length];
  }

  fill(name, ...children) {
    this.bodies.get(name).replaceChildren(...children);
  }

  /** Everything for the compile id and the kernel on screen. */
  update() {
    const { capture, compileId, kernel } = this.workspace;
    const key = `${compileId} ${kernel}`;
    if (key === this.shown) return;
    this.shown = key;
    this.compiles.update();
    this.fill("details", ...this.details(capture.compilation(compileId), compileId, kernel));
    this.fill("phases", phaseChart(capture.phases, compileId));
    this.fill("latency", ...latencyCharts(capture.latency));
  }

  details(compilation, compileId, kernel) {
    const { capture } = this.workspace;
    const facts = capture.kernels.get(`${compileId} ${kernel}`);
    const frame = (item) => this.frame(item);
    return [
      compilation?.error && section("Error", [make("pre", { class: "error" }, visible(compilation.error))], true),
      section("Graph breaks", compilation?.breaks.map((item) => this.graphBreak(item)) ?? [], true),
      section("Recompiled because", recompiled(compilation), true),
      section("Compiled autograd made it anew because", (compilation?.autogradReasons ?? []).map((reason) => make("p", {}, visible(reason))), true),
      ...(compilation ? factSections(compilation, frame) : []),
      facts && section(`Fusion of ${facts.name}`, [table(facts.fusion)], true, facts.fusion.length),
      facts && section(`Facts of ${facts.name}`, [table(facts.facts)], true, facts.facts.length),
      section("Notes on this capture", capture.notes.map(([kind, message]) => row(kind, message)), true),
      compilation?.guards.length > 0 && later(["Guards", make("span", { class: "quiet" }, ` ${compilation.guards.length}`)], () => guardTree(compilation), { class: "guards" }),
      outside(capture.outside, frame),
      section("Target", [table(capture.target)], false, capture.target.length),
      section("Environment", [table(capture.environment)], false, capture.environment.length),
      section("Metrics", compilation ? [table(compilation.metrics)] : [], false, compilation?.metrics.length),
    ].filter(Boolean);
  }

  graphBreak({ reason, explanation, hints, stack }) {
    return make(
      "div",
      { class: "break" },
      make("p", { class: "warning" }, visible(reason)),
      explanation && make("p", {}, visible(explanation)),
      hints.length > 0 && make("ul", {}, ...hints.map((hint) => make("li", {}, visible(hint)))),
      ...stack.map((frame) => this.frame(frame)),
    );
  }

  /** A frame leads to its source line where the capture holds the file. */
  frame({ file, line, function: name, code }) {
    const words = `${file}:${line} in ${name}`;
    const artifact = this.workspace.capture.sourceAt(file);
    const place = artifact && { artifact: artifact.id, line, col: null };
    return make(
      "p",
      { class: "frame" },
      place ? make("a", { href: hashOf(place) }, visible(words)) : visible(words),
      code ? make("code", {}, `  ${visible(code)}`) : null,
    );
  }
}

/** Why it was compiled again, and the page that sets it beside the compile before, where there is one. */
function recompiled(compilation) {
  if (!compilation) return [];
  const reasons = compilation.recompiles.map((reason) => make("p", { class: "warning" }, visible(reason)));
  const [before, page] = compilation.difference ?? [];
  return page ? [...reasons, make("p", {}, make("a", { href: page }, `What it changed: side by side with ${visible(before)}`))] : reasons;
}

/** What the log tells outside any compile: an export's shapes, the caches that were asked before. */
function outside(told, frame) {
  const parts = factSections(told, frame).filter(Boolean);
  return section("Outside any compile", parts, false);
}

/** A part that folds; nothing at all where it has no row. */
function section(heading, children, open, count = children.length) {
  if (!count) return null;
  return make("details", { open }, make("summary", {}, visible(heading), make("span", { class: "quiet" }, ` ${count}`)), ...children);
}

function row(label, text) {
  return make("p", { class: "note" }, make("b", {}, visible(label)), " ", visible(text));
}

/** Rows of two or three texts. */
function table(rows, isCode = false) {
  return make(
    "table",
    { class: isCode ? "code-table" : "" },
    make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((cell) => make("td", {}, visible(cell ?? "")))))),
  );
}
