// Guards as the tree in which they are checked: how a check gets to each value, and what must hold of it.

const DEEPEST = 64; // levels that are indented further

/** The tree, folded below its second level except where a guard failed; a list where the log has no tree. */
function guardTree({ guards, guardTree: managers }) {
  const root = make("div", { class: "tree" });
  if (!managers.length) {
    root.append(...guards.map(guardLine));
    return root;
  }
  const parents = [root];
  for (const [depth, label, kind, details, own] of managers) {
    parents.length = Math.min(Math.max(0, depth), parents.length - 1, DEEPEST) + 1;
    const words = [make("code", {}, visible(label)), " ", make("span", { class: "quiet" }, visible(kind))];
    const box = make("details", { open: parents.length < 3, title: visible(details) }, make("summary", {}, ...words));
    const held = own.filter((place) => place < guards.length).map((place) => guards[place]);
    box.append(...held.map(guardLine));
    parents.at(-1).append(box);
    parents.push(box);
    if (held.some((guard) => guard[3].length)) for (const above of parents.slice(1)) above.open = true;
  }
  return root;
}

/** What must hold, and the compile ids that exist because it did not. */
function guardLine([code, kind, place, failedFor]) {
  const failed = failedFor.length ? make("b", { class: "warning" }, ` did not hold for ${visible(failedFor.join(", "))}`) : null;
  return make("p", { class: "guard", title: visible(place) }, make("code", {}, visible(code)), failed, make("span", { class: "quiet" }, ` ${visible(kind)}`));
}
