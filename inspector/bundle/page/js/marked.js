// A note's Markdown, which was read when the page was made: blocks of runs, each of which becomes one element.

const BLOCKS = { p: "p", h: "h4", code: "pre", ul: "ul", ol: "ol", li: "li", quote: "blockquote", rule: "hr", table: "table", tr: "tr", td: "td" };
const LOOKS = [[1, "strong"], [2, "em"], [4, "code"], [8, "s"]]; // inspector/notes/blocks.py has the same numbers
const FOLLOWED = /^https?:\/\/(?:[^/?#]*@)?([^/?#]*)/i;

/** [kind, number, runs, children] as an element. */
function blockElement([kind, number, runs, children]) {
  const attributes = kind === "ol" && number !== 1 ? { start: number } : {};
  const words = kind === "code" ? runs.map(([text]) => lines(text)) : runs.map(runElement);
  return make(BLOCKS[kind], attributes, words, children.map(blockElement));
}

/** [text, look, address] as an element; only a person's click follows an address, and tells it nothing of this page. */
function runElement([text, look, address]) {
  let element = lines(text);
  for (const [bit, tag] of LOOKS) if (look & bit) element = make(tag, {}, element);
  const host = FOLLOWED.exec(address ?? "")?.[1];
  if (!host) return element;
  // Words may say anything: the style sheet puts where they lead behind them.
  const told = text === address ? {} : { title: visible(address), "data-host": visible(host) };
  return make("a", { href: address, ...told, target: "_blank", rel: "noopener noreferrer" }, element);
}

/** Text whose line ends stay. */
function lines(text) {
  return text.split("\n").map(visible).join("\n");
}
