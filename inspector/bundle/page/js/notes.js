// Notes: what people wrote on places and what the facts say, at their own place and at all that is linked to it.

class Notes {
  constructor(workspace, panels) {
    this.workspace = workspace;
    this.panels = panels;
    // An artifact may be called like something that every object has: `constructor`.
    this.notes = workspace.capture.written.map((note) => ({ ...note, at: new Map(Object.entries(note.at)) }));
    this.marks = new Map(); // artifact → line → "own", "related" or "fact"
    this.elements = new Map(this.notes.map((note) => [note.id, noteElement(note)]));
    this.shown = null;
    for (const note of this.notes) this.mark(note);
    panels.buttons.get("notes").hidden = !this.notes.length;
    if (this.notes.length) panels.buttons.get("notes").append(make("span", { class: "quiet" }, ` ${this.notes.length}`));
    workspace.marked = (artifact, line) => this.marks.get(artifact)?.get(line);
    this.show(null);
  }

  mark({ automatic, place, at }) {
    for (const [artifact, ranges] of at) {
      if (!this.marks.has(artifact)) this.marks.set(artifact, new Map());
      const lines = this.marks.get(artifact);
      for (const [first] of ranges) {
        const kind = automatic ? "fact" : place?.[0] === artifact && place[1] === first ? "own" : "related";
        if (kind === "own" || (kind === "related" && lines.get(first) !== "own") || !lines.has(first)) lines.set(first, kind);
      }
    }
  }

  /** The notes that show at the place that is lit. */
  here(group) {
    if (!group) return [];
    const { artifact, line } = group.spot;
    const lies = ([first, last]) => first <= line && line <= last;
    return this.notes.filter(({ automatic, place, at }) => {
      if ((at.get(artifact) ?? []).some(lies)) return true;
      const found = automatic && place ? (group.relatives.byArtifact.get(place[0]) ?? []) : [];
      return found.some((item) => lineOf(item.start) <= place[2] && lastLine(item.start, item.end) >= place[1]);
    });
  }

  /** What a person wrote here, in a few words. */
  words(group) {
    const found = this.here(group).filter((note) => !note.automatic);
    const more = found.length > 1 ? ` and ${found.length - 1} more` : "";
    return found.length ? `● ${visible(found[0].summary)}${more}` : "";
  }

  /** What shows here first, then all others; nothing is touched while the pointer moves within one place. */
  show(group) {
    const here = this.here(group);
    const key = here.map(({ id }) => id).join("\n");
    if (key === this.shown) return;
    this.shown = key;
    const others = this.notes.filter((note) => !here.includes(note));
    const list = (heading, notes) => section(heading, notes.map(({ id }) => this.elements.get(id)), true);
    const lists = [list("Notes here", here), list(here.length ? "Other notes" : "Notes", others)].filter(Boolean);
    this.panels.fill("notes", ...(lists.length ? lists : [make("p", { class: "quiet" }, "Nothing is noted here.")]));
  }

  /** For paper: all of them. */
  onPaper() {
    if (!this.notes.length) return null;
    return make("section", {}, make("h2", {}, "Notes"), ...this.notes.map(noteElement));
  }
}

function noteElement({ id, text, by, time, place, compileId, automatic }) {
  const at = place && { artifact: place[0], line: place[1], col: automatic ? null : place[3] };
  const name = visible(at ? placeText(at) : (compileId ?? "the capture"));
  const about = [by, time].filter(Boolean).map((words) => ` · ${visible(words)}`);
  const head = make("p", { class: "quiet" }, at ? make("a", { href: hashOf(at) }, name) : name, ...about);
  return make("article", { class: automatic ? "written fact" : "written", "data-note": id }, head, make("div", {}, ...text.map(blockElement)));
}
