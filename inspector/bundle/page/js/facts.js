// What a log tells of a compile id beside its texts: caches and why they answered so, symbolic shapes, failures.

/** The parts of the details panel about `told`; `frame` draws a place that leads to its source line. */
function factSections(told, frame) {
  return [
    section("Failures and restarts", told.failures.map((item) => failure(item, frame)), true),
    section("Caches", told.caches.map(cacheLookup), true),
    section("Symbolic shapes", shapeTables(told), true, told.symbols.length + told.specializations.length + told.shapeFactCount),
    section("Operators without a right fake kernel", [table(told.fakeKernels)], true, told.fakeKernels.length),
  ];
}

function failure({ kind, reason, restarted, seconds: lost, stack, traceback }, frame) {
  const what = restarted ? "Began again" : "Failed";
  const took = lost ? ` after ${seconds(lost)}` : "";
  return make(
    "div",
    { class: "failure" },
    make("p", { class: restarted ? "warning" : "error" }, make("b", {}, `${what}${took}`), visible(kind ? ` ${kind}: ${reason}` : ` ${reason}`)),
    ...stack.map(frame),
    traceback && later("Traceback", () => make("pre", {}, visible(traceback))),
  );
}

/** One question to a cache: the answer, why, and the parts of its key. */
function cacheLookup({ cache, answer, reason, key, saved, parts }) {
  const words = [answer, saved ? `saved ${seconds(saved)}` : ""].filter(Boolean).join(", ");
  return make(
    "div",
    { class: "lookup" },
    make("p", {}, make("b", {}, visible(cache)), ` ${visible(words)}`, reason && make("span", { class: "quiet" }, `: ${visible(reason)}`)),
    key && make("p", { class: "quiet" }, "key ", make("code", {}, visible(key))),
    parts.length > 0 && later(`${plural(parts.length, "part", "parts")} of the key`, () => table(parts.map(([name, text]) => [name, text]), true)),
  );
}

function shapeTables({ symbols, specializations, shapeFacts, shapeFactCount }) {
  const rest = shapeFactCount - shapeFacts.length;
  return [
    titled("Sizes that stay symbols", ["symbol", "was", "range", "source", "made at"], symbols),
    titled("Symbols that became numbers", ["symbol", "source", "why", "at"], specializations),
    titled("Conditions", ["", "expression", "", "at"], shapeFacts),
    rest > 0 && make("p", { class: "quiet" }, `${plural(rest, "further condition", "further conditions")} not listed.`),
  ].filter(Boolean);
}

function titled(heading, columnNames, rows) {
  if (!rows.length) return null;
  const made = table(rows, true);
  made.prepend(make("caption", {}, heading), make("thead", {}, make("tr", {}, ...columnNames.map((name) => make("th", {}, name)))));
  return made;
}

/** A part that folds, and that is made when it is first unfolded: a key's parts or a thousand guards cost nothing unseen. */
function later(heading, build, attributes = {}) {
  const box = make("details", attributes, make("summary", {}, heading));
  box.addEventListener("toggle", () => box.append(build()), { once: true });
  return box;
}
