// The compile's phases as a Gantt chart: one row a phase, indented by depth, under a time axis.

const MOST_ROWS = 2000;

function phaseChart({ rows: all, axes, whole, left }, compileId) {
  if (!all.length) return make("p", { class: "quiet" }, "The log does not say where the time went.");
  const own = all.filter(([, , , , id]) => id === compileId || id === null);
  const phases = (own.length ? own : all).slice(0, MOST_ROWS);
  const { first, length, words, ticks } = axes[compileId] ?? whole;
  const share = (time) => `${((time / length) * 100).toFixed(3)}%`;
  const axis = make("div", { class: "axis" });
  for (const [time, label] of ticks) {
    const tick = make("span", {}, label);
    tick.style.left = share(time);
    axis.append(tick);
  }
  const rows = phases.map(([name, start, duration, depth, , took, began]) => {
    const bar = make("i", { class: `depth-${depth % 4}${duration === null ? " running" : ""}` });
    bar.style.left = share(start - first);
    bar.style.width = share(duration ?? first + length - start);
    const label = make("span", { class: "name" }, visible(name));
    label.style.paddingLeft = `${Math.min(depth, 16) * 0.8}em`;
    const about = `${visible(name)}: ${took}, ${began}`;
    return make("div", { class: "phase", title: about }, label, make("span", { class: "bar" }, bar), make("span", { class: "took" }, took));
  });
  const more = left + (own.length || all.length) - phases.length;
  const rest = more > 0 ? make("p", { class: "quiet" }, `${plural(more, "further phase", "further phases")} not drawn.`) : null;
  const head = make("div", { class: "phase head" }, make("span", { class: "name" }, "phase"), make("span", { class: "bar" }, axis), make("span", { class: "took" }, words));
  return make("div", { class: "gantt" }, head, ...rows, rest);
}
