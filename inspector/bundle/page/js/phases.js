// The compile's phases as a Gantt chart: one row a phase, indented by depth, under a time axis.

const MOST_ROWS = 2000;

function phaseChart(all, compileId) {
  if (!all.length) return make("p", { class: "quiet" }, "The log does not say where the time went.");
  const own = all.filter(([, , , , id]) => id === compileId || id === null);
  const phases = (own.length ? own : all).slice(0, MOST_ROWS);
  const first = Math.min(...phases.map(([, start]) => start));
  const end = Math.max(...phases.map(([, start, duration]) => start + (duration ?? 0)), first + 1);
  const share = (time) => `${(((time - first) / (end - first)) * 100).toFixed(3)}%`;
  const step = niceStep((end - first) / 1e6, 8) * 1e6;
  const axis = make("div", { class: "axis" });
  for (let time = 0; time <= end - first; time += step) {
    const tick = make("span", {}, time ? seconds(time / 1e6) : "0");
    tick.style.left = share(first + time);
    axis.append(tick);
  }
  const rows = phases.map(([name, start, duration, depth]) => {
    const bar = make("i", { class: `depth-${depth % 4}${duration === null ? " running" : ""}` });
    bar.style.left = share(start);
    bar.style.width = share(first + (duration ?? end - start));
    const label = make("span", { class: "name" }, visible(name));
    label.style.paddingLeft = `${Math.min(depth, 16) * 0.8}em`;
    const took = duration === null ? "not ended" : seconds(duration / 1e6);
    const words = `${visible(name)}: ${took}, from ${seconds((start - first) / 1e6)} on`;
    return make("div", { class: "phase", title: words }, label, make("span", { class: "bar" }, bar), make("span", { class: "took" }, took));
  });
  const total = make("span", { class: "took" }, seconds((end - first) / 1e6));
  const more = (own.length || all.length) - phases.length;
  const rest = more > 0 ? make("p", { class: "quiet" }, `${plural(more, "further phase", "further phases")} not drawn.`) : null;
  const head = make("div", { class: "phase head" }, make("span", { class: "name" }, "phase"), make("span", { class: "bar" }, axis), total);
  return make("div", { class: "gantt" }, head, ...rows, rest);
}
