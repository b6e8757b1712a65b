// Opens the page: unpacks the data, builds the parts, follows the address.

/** The data, as `render.py` packed them. */
async function unpack() {
  const packed = atob(byElementId("capture").textContent.trim());
  const bytes = new Uint8Array(packed.length);
  for (let index = 0; index < packed.length; index++) bytes[index] = packed.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Response(stream).json();
}

function buildHeader(capture, workspace) {
  byElementId("title").textContent = visible(capture.title);
  const words = [capture.summary, capture.finished ? "" : "incomplete: the run ended before the compiler was done"];
  byElementId("summary").textContent = visible(words.filter(Boolean).join(" · "));
  const select = byElementId("compilation");
  const options = capture.compilations.map(({ id, words }) => [id, visible(words)]);
  setOptions(select, options, workspace.compileId);
  select.closest("label").hidden = options.length < 1;
  select.addEventListener("change", () => workspace.selectCompilation(select.value));
  const count = byElementId("count");
  const counts = Object.keys(STORIES).map((number) => [number, number === "1" ? "1 pane" : `${number} panes`]);
  setOptions(count, counts, String(workspace.panes.length));
  count.addEventListener("change", () => workspace.setCount(Number(count.value)));
}

/** The row of stages: which there are, and which of them are on screen. */
function drawStages(capture, workspace) {
  const buttons = workspace.stages.map((stage, index) => {
    const { short, heading, about } = capture.stages[stage];
    const pressed = workspace.wanted.includes(stage);
    const attributes = { type: "button", title: `${heading}. ${about}`, "aria-pressed": String(pressed), click: () => workspace.putStage(stage) };
    return make("button", attributes, make("kbd", {}, STAGE_KEYS[index] ?? ""), short);
  });
  byElementId("stages").replaceChildren(...buttons);
}

/** The place asked about, and what it is linked to. */
function drawStatus(capture, workspace, group, noted) {
  const status = byElementId("status");
  if (!group) {
    status.replaceChildren(capture.links.links.length ? "Point at a line: what it became lights up." : "No link of this input is recorded.");
    return;
  }
  const artifact = capture.byId.get(group.spot.artifact);
  const name = artifact.stage === "source" ? capture.nameOf(artifact) : capture.stages[artifact.stage].short;
  const parts = describe(capture, group, (item) => workspace.isShown(item));
  const found = parts.map(({ words, origin }) => make("span", {}, `${words} `, make("em", { class: "origin", "data-origin": origin.name }, origin.words)));
  const elsewhere = [...group.relatives.byArtifact.keys()].some((name) => name !== artifact.id && capture.byId.has(name));
  const none = elsewhere ? "No pane shows what is linked to this line." : artifact.unlinked;
  const kept = workspace.pins.size ? make("span", { class: "quiet" }, `${workspace.pins.size} kept lit`) : null;
  status.replaceChildren(make("b", {}, `${visible(name)}:${group.spot.line}`), ...(found.length ? ["↔", ...found] : [none]), ...(kept ? [kept] : []), noted ? make("span", { class: "noted" }, noted) : "", ...costWords(workspace, group));
}

/** What the place asked about costs, where the column is shown. */
function costWords({ prices }, { spot }) {
  const words = prices?.words(spot.artifact, spot.line, spot.col ?? null);
  return words ? [make("span", { class: "cost-words" }, visible(words))] : [];
}

function toggleTheme() {
  const root = document.documentElement;
  const isDark = (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  root.dataset.theme = isDark ? "light" : "dark";
}

function goToAddress(workspace) {
  let text = "";
  try {
    text = decodeURIComponent(location.hash.slice(1));
  } catch {
    return false; // an address that somebody cut short
  }
  const place = text && workspace.capture.parse(text);
  if (place) workspace.go(place);
  return Boolean(place);
}

async function main() {
  const capture = new Capture(await unpack());
  let panels = null;
  let notes = null;
  const workspace = new Workspace(capture, {
    shown: (shown) => {
      drawStages(capture, shown);
      byElementId("compilation").value = shown.compileId ?? "";
      panels?.update();
    },
    lit: (shown, group) => {
      drawStatus(capture, shown, group, notes?.words(group));
      notes?.show(group);
    },
  });
  workspace.say = (words) => byElementId("status").replaceChildren(words);
  panels = new Panels(workspace);
  notes = new Notes(workspace, panels);
  for (const pane of workspace.panes) pane.redraw();
  const finder = new Finder(workspace, panels);
  buildHeader(capture, workspace);
  byElementId("theme").addEventListener("click", toggleTheme);
  const table = keyTable({ workspace, panels, finder, theme: toggleTheme, help: () => helpDialog(table) });
  byElementId("keys").addEventListener("click", () => helpDialog(table));
  listenToKeys(table);
  listenToCopying(workspace);
  preparePaper(workspace, notes);
  addEventListener("popstate", () => goToAddress(workspace));
  panels.update();
  finder.list(0);
  if (!goToAddress(workspace)) workspace.begin();
  document.documentElement.dataset.ready = "";
}

main().catch((error) => {
  byElementId("status").textContent = `This page cannot be shown: ${error.message}. A browser from 2023 or later is needed.`;
  throw error;
});
