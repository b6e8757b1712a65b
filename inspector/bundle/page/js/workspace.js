// The panes side by side: which stage stands in which, and what is lit in them.

const STORIES = {
  1: ["source"],
  2: ["source", "kernel"],
  3: ["source", "aten", "kernel"],
  4: ["source", "aten", "kernel", "asm"],
  6: ["source", "dynamo", "aten", "inductor", "kernel", "asm"],
};
const PANE_WIDTH = 420; // pixels below which a pane of code is no pleasure

class Workspace {
  /** `on`: shown(workspace) after another text is on screen, lit(workspace, group) after another place is lit. */
  constructor(capture, on) {
    this.capture = capture;
    this.on = on;
    this.compileId = capture.compilations[0]?.id ?? null;
    this.kernel = null;
    this.source = null;
    this.variants = {};
    this.panes = [];
    this.active = null;
    this.asked = null;
    this.pointed = null;
    this.pins = new Map();
    this.element = byElementId("panes");
    const room = Math.floor(innerWidth / PANE_WIDTH);
    this.setCount(room >= 3 ? 3 : Math.max(1, room));
  }

  // --- which texts -----------------------------------------------------------------------------------------

  get stages() {
    return this.capture.stagesOf(this.compileId);
  }

  /** So many panes, showing the stages that tell the whole story in that many. */
  setCount(count) {
    this.wanted = settle(STORIES[count], this.stages, this.capture.order);
    // Those that stay are not touched: an element that is moved forgets how far it was scrolled.
    while (this.panes.length > this.wanted.length) this.panes.pop().element.remove();
    while (this.panes.length < this.wanted.length) {
      this.panes.push(new Pane(this.handlers()));
      this.element.append(this.panes.at(-1).element);
    }
    this.element.dataset.count = this.panes.length;
    if (!this.panes.includes(this.active)) this.active = this.panes[0] ?? null;
    this.refresh();
  }

  handlers() {
    return {
      chosen: (pane, place) => this.follow(pane, place),
      hovered: (pane, place) => this.point(pane, place),
      picked: (pane) => this.tellPicked(pane),
      jumped: () => this.jump(),
      cost: (pane, line) => (this.prices ? this.prices.cell(pane.artifact.id, line) : null),
      marked: (pane, line) => this.marked?.(pane.artifact.id, line),
      focused: (pane) => this.activate(pane),
      stageChosen: (pane, stage) => {
        this.activate(pane);
        this.putStage(stage);
      },
      itemChosen: (pane, id) => {
        this.select(this.capture.byId.get(id));
        this.refresh();
      },
    };
  }

  /** Lines are picked in one pane at a time. */
  tellPicked(pane) {
    if (!pane.range) return this.light();
    this.activate(pane);
    for (const other of this.panes) if (other !== pane) other.pick(null);
    const [first, last] = pane.picked;
    this.say(first === last ? `Line ${first}: y copies it.` : `Lines ${first} to ${last}: y copies them.`);
  }

  activate(pane) {
    this.active = pane;
    for (const other of this.panes) other.element.classList.toggle("active", other === pane);
  }

  /** Shows a stage in the active pane; the panes stay in the compiler's order. */
  putStage(stage) {
    if (!this.stages.includes(stage)) return;
    if (!this.wanted.includes(stage)) {
      const slot = Math.max(0, this.panes.indexOf(this.active));
      this.wanted = this.wanted.map((shown, index) => (index === slot ? stage : shown));
      this.wanted.sort((a, b) => this.capture.order.indexOf(a) - this.capture.order.indexOf(b));
    }
    this.active = this.panes[this.wanted.indexOf(stage)];
    this.refresh();
    this.active.scroller.focus({ preventScroll: true });
  }

  /** The artifact of a stage that is on screen, of the chosen kernel, file or variant. */
  artifactOf(stage) {
    const items = this.capture.of(this.compileId, stage);
    const chosen = (item) =>
      item.kernel !== null ? item.kernel === this.kernel : item.id === (stage === "source" ? this.source : this.variants[stage]);
    return items.find(chosen) ?? items[0] ?? null;
  }

  /** Makes an artifact the one that its stage shows. */
  select(item) {
    if (item.compileId !== null) this.compileId = item.compileId;
    if (item.kernel !== null) this.kernel = item.kernel;
    else if (item.stage === "source") this.source = item.id;
    else this.variants[item.stage] = item.id;
  }

  selectCompilation(id) {
    [this.compileId, this.kernel, this.asked] = [id, null, null];
    this.pins.clear();
    this.wanted = settle(this.wanted, this.stages, this.capture.order);
    this.setShown();
    this.begin();
  }

  refresh() {
    this.setShown();
    this.light();
  }

  setShown() {
    const { capture } = this;
    this.kernel ??= capture.compilation(this.compileId)?.kernels[0] ?? null;
    const stages = this.stages.map((stage) => [stage, capture.stages[stage].heading]);
    this.panes.forEach((pane, index) => {
      const stage = this.wanted[index];
      const items = stage ? capture.of(this.compileId, stage) : [];
      const item = stage ? this.artifactOf(stage) : null;
      pane.element.hidden = !stage || (this.zoomed && pane !== this.active);
      setOptions(pane.stage, stages, stage);
      setOptions(pane.item, items.map((other) => [other.id, capture.nameOf(other)]), item?.id);
      pane.item.hidden = items.length < 2;
      if (pane.show(item)) this.reveal(pane);
      this.tellCosts(pane);
    });
    if (this.active) this.activate(this.active);
    this.on.shown(this);
  }

  /** The prices while their column is shown, else null. */
  get prices() {
    const { prices } = this.capture;
    return prices?.shown ? prices : null;
  }

  tellCosts(pane) {
    const known = this.capture.prices?.byText.has(pane.artifact?.id);
    pane.costs.textContent = this.prices ? this.prices[known ? "of" : "none"] : "";
  }

  /** The column of costs comes or goes. */
  toggleCosts() {
    const { prices } = this.capture;
    if (!prices) return this.say("This capture holds no price: inspector price records one.");
    prices.shown = !prices.shown;
    for (const pane of this.panes) {
      pane.redraw();
      this.tellCosts(pane);
    }
    this.light();
  }

  /** To the next dearest place of the active pane, or back. */
  dearest(by) {
    if (!this.prices) return this.toggleCosts();
    const place = this.active && this.prices.next(this.active, by);
    if (place) this.active.choose(place);
    else this.say(this.prices.none);
  }

  toggleZoom() {
    this.zoomed = !this.zoomed;
    this.element.classList.toggle("zoomed", this.zoomed);
    this.refresh();
  }

  // --- what is lit -----------------------------------------------------------------------------------------

  /** Before anyone has moved, the target's first line with a graph node lights up, and all that it becomes. */
  begin() {
    const item = this.artifactOf("source");
    const lines = item ? [...this.capture.index.linkedLines(item.id)].filter((line) => line >= item.focus) : [];
    const line = lines.sort((a, b) => a - b).find((number) => this.becomesSomething(item, number));
    if (line === undefined) return this.light();
    this.asked = lookUp(this.capture, { artifact: item.id, line, col: null });
    const pane = this.panes.find((other) => other.artifact === item);
    pane?.setCursor({ line, col: 0 });
    this.showRelatives(pane);
  }

  becomesSomething(item, line) {
    const found = this.capture.index.relatives(item.id, line, null).byArtifact;
    return [...found.keys()].some((name) => {
      const other = this.capture.byId.get(name);
      return other && other.stage !== "source" && other.stage !== "bytecode" && this.isShown(other);
    });
  }

  /** A person moved to a place: it lights up with all that belongs to it, and the other panes scroll there. */
  follow(pane, { line, col }) {
    this.asked = lookUp(this.capture, { artifact: pane.artifact.id, line, col });
    this.pointed = null;
    this.showRelatives(pane);
    history.replaceState(null, "", hashOf({ artifact: pane.artifact.id, line, col }));
  }

  /** Goes to a place, wherever it is. */
  go(place) {
    const item = this.capture.byId.get(place.artifact);
    this.select(item);
    this.wanted = settle(this.wanted, this.stages, this.capture.order);
    this.putStage(item.stage);
    this.active.setCursor({ line: place.line, col: place.col ?? 0 });
    this.asked = lookUp(this.capture, place);
    this.showRelatives(this.active);
  }

  /** Goes on to the next pane that holds something of what is lit; the browser's Back leads back. */
  jump() {
    const from = this.panes.indexOf(this.active);
    const others = [...this.panes.slice(from + 1), ...this.panes.slice(0, from)];
    for (const pane of others) {
      const found = this.asked?.relatives.byArtifact.get(pane.artifact?.id);
      if (!found || pane.element.hidden) continue;
      const place = { line: lineOf(found[0].start), col: colOf(found[0].start) };
      this.activate(pane);
      history.pushState(null, "", hashOf({ artifact: pane.artifact.id, ...place }));
      pane.scroller.focus({ preventScroll: true });
      pane.choose(place);
      return;
    }
  }

  /** The pointer is over a place, or over none: shows what belongs to it without scrolling anything. */
  point(pane, place) {
    const known = this.pointed?.spot;
    const artifact = pane.artifact?.id;
    if (place ? known && known.artifact === artifact && known.line === place.line && known.col === place.col : !known) return;
    const group = place && lookUp(this.capture, { artifact, ...place });
    this.pointed = group && group.relatives.byArtifact.size ? group : null;
    this.light();
  }

  showRelatives(asked) {
    if (this.asked && asked) this.switchTexts(asked);
    for (const pane of this.panes) if (pane !== asked) this.reveal(pane);
    this.light();
  }

  /** Scrolls a pane to what belongs to the place asked about. */
  reveal(pane) {
    const found = this.asked?.relatives.byArtifact.get(pane.artifact?.id);
    if (found) pane.reveal(lineOf(found[0].start), lastLine(found[0].start, found[0].end));
  }

  /** Brings the kernel and the source file that the relatives lie in into panes that show another one. */
  switchTexts(asked) {
    const related = [...this.asked.relatives.byArtifact.keys()].map((name) => this.capture.byId.get(name));
    const shown = related.filter((item) => item && this.isShown(item));
    const kernels = shown.filter((item) => item.kernel !== null);
    const sources = shown.filter((item) => item.stage === "source");
    const { kernel, stage } = asked.artifact;
    if (kernel === null && kernels.length && !kernels.some((item) => item.kernel === this.kernel)) this.select(kernels[0]);
    const source = this.artifactOf("source");
    if (stage !== "source" && sources.length && !sources.includes(source)) this.select(sources[0]);
    this.setShown();
  }

  isShown(item) {
    return item.compileId === null || item.compileId === this.compileId;
  }

  /** Keeps what is lit, or lets it go. */
  togglePin() {
    if (!this.asked) return;
    const key = `${this.asked.spot.artifact}\n${this.asked.spot.line}`;
    if (!this.pins.delete(key)) this.pins.set(key, this.asked);
    this.light();
  }

  clearPins() {
    this.pins.clear();
    this.light();
  }

  light() {
    const { capture } = this;
    const layers = [...this.pins.values()].map((group) => [group, PINNED, PINNED]);
    if (this.asked) layers.push(this.pointed ? [this.asked, PINNED, PINNED] : [this.asked, RELATIVE, ANCHOR]);
    if (this.pointed) layers.push([this.pointed, RELATIVE, ANCHOR]);
    const group = this.pointed ?? this.asked;
    for (const pane of this.panes) {
      const { artifact } = pane;
      if (!artifact) continue;
      const lit = new Map();
      for (const [layer, strength, anchor] of layers) {
        const marks = litLines(capture, layer, artifact, layer.spot.artifact === artifact.id ? anchor : strength);
        for (const [line, mark] of marks) lit.set(line, mark);
      }
      const linked = capture.index.linkedLines(artifact.id);
      pane.mark(lit, (line) => (linked.has(line) ? capture.index.group(artifact.id, line) : null));
      const found = group && group.spot.artifact !== artifact.id ? group.relatives.byArtifact.get(artifact.id) : null;
      const origin = found ? capture.origins[Math.max(...found.map((item) => item.rank))].name : "";
      pane.origin.textContent = origin;
      pane.origin.dataset.origin = origin;
    }
    this.on.lit(this, group);
  }
}

/** The wanted stages, each missing one replaced by the nearest that exists and is not shown yet. */
function settle(wanted, stages, order) {
  const kept = wanted.filter((stage) => stages.includes(stage));
  const place = (stage) => (order.includes(stage) ? order.indexOf(stage) : order.length);
  for (const missing of wanted.filter((stage) => !stages.includes(stage))) {
    const free = stages.filter((stage) => !kept.includes(stage));
    free.sort((a, b) => Math.abs(place(a) - place(missing)) - Math.abs(place(b) - place(missing)) || place(b) - place(a));
    if (free.length) kept.push(free[0]);
  }
  return kept.sort((a, b) => place(a) - place(b));
}

function hashOf(place) {
  return `#${encodeURI(placeText(place)).replaceAll("#", "%23")}`;
}
