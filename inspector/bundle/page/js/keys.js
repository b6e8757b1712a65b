// Keys, as in the terminal where a browser leaves them free.

const STAGE_KEYS = "1234567890-=";
const PANEL_KEYS = { D: "details", P: "phases", T: "latency", F: "search", C: "compiles", M: "notes", R: "price" };

/** [keys, what they do, action]; an empty action stands for keys that are handled elsewhere. */
function keyTable({ workspace, panels, finder, theme, help }) {
  const pane = (act) => () => workspace.active?.artifact && act(workspace.active);
  const moves = [
    [["ArrowDown", "j"], "down", pane((it) => it.move(1))],
    [["ArrowUp", "k"], "up", pane((it) => it.move(-1))],
    [["ArrowRight", "l"], "right", pane((it) => it.move(0, 1))],
    [["ArrowLeft", "h"], "left", pane((it) => it.move(0, -1))],
    [["PageDown"], "a screenful down", pane((it) => it.move(it.screenful))],
    [["PageUp"], "a screenful up", pane((it) => it.move(-it.screenful))],
    [["g", "Home"], "to the top", pane((it) => it.move(-Infinity))],
    [["G", "End"], "to the end", pane((it) => it.move(Infinity))],
    [[":"], "go to a line", () => workspace.active && askLine(workspace)],
  ];
  const others = [
    [["Tab"], "to the next pane", () => focusNext(workspace, 1)],
    [["Shift+Tab"], "to the pane before", () => focusNext(workspace, -1)],
    [["z"], "this pane alone, and back", () => workspace.toggleZoom()],
    [["[", "]"], "the stage before, the next", (key) => stepStage(workspace, key === "]" ? 1 : -1)],
    [[...STAGE_KEYS], "show that stage", (key) => workspace.putStage(workspace.stages[STAGE_KEYS.indexOf(key)])],
    [["c"], "choose a compile id", () => byElementId("compilation").focus()],
    [["K"], "choose a kernel", () => kernelPicker(workspace)?.focus()],
    [["o", "Enter"], "jump to the next pane that holds a relative; the browser's Back leads back", () => workspace.jump()],
    [["p"], "keep what is lit, or clear it", () => workspace.togglePin()],
    [["x"], "clear what is kept lit", () => workspace.clearPins()],
    [["/", "Control+f"], "find in every stage", () => byElementId("find").select()],
    [["n", "N"], "the next match, the one before", (key) => finder.next(key === "n" ? 1 : -1)],
    [["y"], "copy the lines picked at their numbers, else the selection, else the whole text", () => copyText(workspace)],
    [["Escape"], "clear picked lines", () => workspace.panes.forEach((pane) => pane.pick(null))],
    [Object.keys(PANEL_KEYS), "details, phases, latency, search, compile ids, notes, price", (key) => panels.open(PANEL_KEYS[key])],
    [["$"], "what each line costs, shown or not", () => workspace.toggleCosts()],
    [["b", "B"], "the next dearest place of this pane, the dearer one", (key) => workspace.dearest(key === "b" ? 1 : -1)],
    [["m"], "panels taller, hidden, and back", () => panels.resize()],
    [["t"], "light or dark", theme],
    [["?"], "these keys", help],
  ];
  return [...moves, ...others];
}

function listenToKeys(table) {
  const actions = new Map(table.flatMap(([keys, , action]) => keys.map((key) => [key, action])));
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.altKey || event.metaKey || (event.ctrlKey && key !== "f")) return;
    if (target.closest("dialog, input") || (target.closest("select") && key !== "Escape")) return;
    const isButton = target.closest("button, a, summary");
    if (isButton && ["Enter", "Tab"].includes(key)) return;
    const name = event.ctrlKey ? `Control+${key}` : key === "Tab" && event.shiftKey ? "Shift+Tab" : key;
    // Tab goes from pane to pane, and out of the last one to what the browser has next.
    const action = actions.get(name);
    if (!action || action(key) === false) return;
    event.preventDefault();
  });
}

/** The browser's own way of copying takes picked lines too, where no text is selected. */
function listenToCopying(workspace) {
  document.addEventListener("copy", (event) => {
    const pane = workspace.active;
    if (!pane?.picked || !getSelection().isCollapsed || event.target.closest?.("input, dialog")) return;
    event.clipboardData.setData("text/plain", pane.pickedText);
    event.preventDefault();
  });
}

/** False where there is no further pane in that direction. */
function focusNext(workspace, by) {
  if (!document.activeElement?.closest("#panes")) return false;
  const panes = workspace.panes.filter((pane) => !pane.element.hidden);
  const next = panes[panes.indexOf(workspace.active) + by];
  if (!next) return false;
  next.scroller.focus({ preventScroll: true });
  return true;
}

function stepStage(workspace, by) {
  const { stages, active, wanted, panes } = workspace;
  const free = stages.filter((stage) => stage === wanted[panes.indexOf(active)] || !wanted.includes(stage));
  const next = free[free.indexOf(wanted[panes.indexOf(active)]) + by];
  if (next) workspace.putStage(next);
}

function kernelPicker(workspace) {
  return workspace.panes.find((pane) => pane.artifact?.kernel && !pane.item.hidden)?.item;
}

function askLine(workspace) {
  const pane = workspace.active;
  const input = make("input", { type: "number", min: 1, "aria-label": "Line" });
  const form = make("form", { method: "dialog" }, make("label", {}, "Go to line ", input));
  const dialog = make("dialog", { class: "ask" }, form);
  form.addEventListener("submit", () => input.value && pane.choose({ line: Number(input.value), col: 0 }));
  dialog.addEventListener("close", () => {
    dialog.remove();
    pane.scroller.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
}

async function copyText({ active, say }) {
  const selected = getSelection().isCollapsed ? active?.artifact?.text.text : getSelection().toString();
  const text = active?.picked ? active.pickedText : selected;
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    say(`${plural(text.length, "character", "characters")} copied`);
  } catch {
    say("This browser lets no page copy; select the text and copy it with the browser's own key.");
  }
}

function helpDialog(table) {
  const words = (key) => ({ "Control+f": "Ctrl+F", ArrowDown: "↓", ArrowUp: "↑", ArrowRight: "→", ArrowLeft: "←" })[key] ?? key;
  const rows = table.map(([keys, what]) => {
    const shown = keys.length > 9 ? ["1 … 9", "0", "-", "="] : keys.map(words);
    return make("tr", {}, make("td", {}, ...shown.map((key) => make("kbd", {}, key))), make("td", {}, what));
  });
  const dialog = byElementId("help");
  dialog.replaceChildren(make("h2", {}, "Keys"), make("table", {}, make("tbody", {}, ...rows)), make("form", { method: "dialog" }, make("button", {}, "Close")));
  dialog.showModal();
}
