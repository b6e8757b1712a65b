// The panels below the panes: what is known of the compile id on screen, apart from its texts.

const TABS = [
  ["details", "Details"],
  ["phases", "Phases"],
  ["latency", "Latency"],
  ["price", "Price"],
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
    this.buttons.get("price").hidden = !workspace.capture.prices;
    if (workspace.capture.prices) this.fill("price", ...workspace.capture.prices.panel());
    this.buttons.get("compiles").hidden = workspace.capture.compilations.length < 2;
    this.open("details");
  }

  open(name) {
    if (this.buttons.get(name).hidden) return;
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
    const draw = (item, ...more) => drawSection(item, (to) => this.lead(to), ...more);
    const first = compilation?.first ?? [];
    const guards = compilation?.guards.length ?? 0;
    return [
      ...first.map((item) => draw(item, ...(item.name === "failures" ? tracebacks(compilation) : []), item.name === "recompiles" && difference(compilation))),
      ...(capture.kernels.get(`${compileId} ${kernel}`)?.sections ?? []).map((item) => draw(item)),
      guards > 0 && later(["Guards", make("span", { class: "quiet" }, ` ${guards}`)], () => guardTree(compilation), { class: "guards" }),
      ...(compilation?.later ?? []).map((item) => draw(item)),
      ...capture.whole.map((item) => draw(item)),
      capture.outside.length > 0 && later("Outside any compile", () => capture.outside.map((item) => draw(item))),
    ].filter(Boolean);
  }

  /** What a row leads to: a line where the capture holds the file, or a compile id; null for neither. */
  lead([name, line]) {
    const { capture } = this.workspace;
    if (line === undefined) return capture.compilation(name) ? { href: "#", click: (event) => (event.preventDefault(), this.workspace.selectCompilation(name)) } : null;
    const artifact = capture.sourceAt(name);
    return artifact ? { href: hashOf({ artifact: artifact.id, line, col: null }) } : null;
  }
}

/** The page that sets a recompile beside the compile before, where there is one. */
function difference({ difference: found }) {
  if (!found) return null;
  const [before, page] = found;
  return make("p", {}, make("a", { href: page }, `What it changed: side by side with ${visible(before)}`));
}

function tracebacks({ tracebacks: found }) {
  return found.map((text) => later("Traceback", () => make("pre", {}, visible(text))));
}

/** A part that folds; nothing at all where it has no row. */
function section(heading, children, open, count = children.length) {
  if (!count) return null;
  return make("details", { open }, make("summary", {}, visible(heading), make("span", { class: "quiet" }, ` ${count}`)), ...children);
}
