// The data, made ready to be asked: artifacts by id, what belongs to a compile id, places in words.

class Capture {
  constructor(data) {
    Object.assign(this, data);
    this.kernels = new Map(Object.entries(data.kernels)); // names are foreign: `constructor` may be one
    const texts = data.texts.map((row) => new Text(row));
    this.artifacts = data.artifacts.map((item) => ({ ...item, text: texts[item.text] }));
    this.byId = new Map(this.artifacts.map((item) => [item.id, item]));
    for (const id of this.byId.keys()) textIds.add(id);
    const listings = this.artifacts.filter((item) => data.stages[item.stage].listing).map((item) => item.id);
    this.index = new LinkIndex(data.links, new Set(listings));
    this.prices = data.price ? new Prices(data.price) : null;
    this.order = Object.keys(data.stages).sort((a, b) => data.stages[a].order - data.stages[b].order);
  }

  /** Source files belong to every compile id. */
  of(compileId, stage) {
    return this.artifacts.filter((item) => item.stage === stage && [null, compileId].includes(item.compileId));
  }

  stagesOf(compileId) {
    return this.order.filter((stage) => this.of(compileId, stage).length);
  }

  compilation(id) {
    return this.compilations.find((item) => item.id === id);
  }

  /** What an artifact is called among those of its stage. */
  nameOf(item) {
    if (item.kernel !== null) return visible(this.kernels[`${item.compileId} ${item.kernel}`]?.name ?? item.kernel);
    return visible(item.variant || (item.stage === "source" ? item.id.slice("source:".length) : item.id));
  }

  /** The place in `ID`, `ID:LINE` or `ID:LINE:COLUMN`, of the longest id; null where there is none. */
  parse(text) {
    for (const pattern of [/^(.*)$/s, /^(.*):(\d+)$/s, /^(.*):0:(\d+):(\d+)$/s, /^(.*):(\d+):(\d+)$/s]) {
      const [, id, line, col] = pattern.exec(text) ?? [];
      const artifact = this.byId.get(id);
      if (!artifact) continue;
      const last = artifact.text.lines.length;
      const number = Math.min(Math.max(1, Number(line ?? artifact.focus)), last);
      return { artifact: id, line: number, col: col === undefined ? null : Number(col) };
    }
    return null;
  }

  /** The artifact that is a source file lying at a path, as torch's stacks name it. */
  sourceAt(path) {
    return this.artifacts.find((item) => item.stage === "source" && (item.path === path || item.id === `source:${path}`));
  }
}

/** Ids of the page's texts: where `0/0:aten:1` is a piece's, line 1, column 4 of the first is `0/0:aten:0:1:4`. */
const textIds = new Set();

function placeText({ artifact, line, col }) {
  if (!col) return `${artifact}:${line}`;
  return `${artifact}${textIds.has(`${artifact}:${line}`) ? ":0" : ""}:${line}:${col}`;
}
