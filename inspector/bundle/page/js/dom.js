// Elements. Text goes in as text nodes alone: the page's policy lets no string become markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** An HTML element: functions among the attributes listen to the event of that name. */
function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/** An SVG element. */
function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

/** The options of a <select>, and which is chosen. */
function setOptions(select, options, chosen) {
  select.replaceChildren(...options.map(([value, words]) => make("option", { value, selected: value === chosen }, words)));
  select.value = chosen;
}

const byElementId = (id) => document.getElementById(id);
