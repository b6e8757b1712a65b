"use strict";
// textual-serve's script makes a terminal as soon as the page is loaded. Two things come before: the font, since
// the terminal measures its cells once, and for a class view a socket that follows instead of leading.

const begin = window.onload;
const terminal = document.getElementById("terminal");
window.onload = null;

/** The terminal talks of its size before anybody listens, and again when somebody does. */
class Patient extends WebSocket {
  send(text) {
    if (this.readyState === 1) super.send(text);
  }
}

/** A class view's socket. The presenter's screen has a size; the terminal takes it, and is scaled into the window. */
class Following extends Patient {
  constructor(url) {
    super(url);
    this.mine = this.wanted = null;
    this.addEventListener("message", (event) => {
      if (typeof event.data !== "string") return;
      const [kind, size] = JSON.parse(event.data);
      if (kind === "size") {
        this.wanted = size;
        this.fit();
      }
    });
    window.addEventListener("resize", () => this.scale());
  }

  /** Whatever the terminal has to say is for this page alone. */
  send(text) {
    const [kind, size] = JSON.parse(text);
    if (kind === "resize") {
      this.mine = size;
      this.fit();
    }
  }

  fit() {
    if (!this.wanted || !this.mine) return;
    if (this.mine.width === this.wanted.width && this.mine.height === this.wanted.height) {
      this.scale();
      super.send(JSON.stringify(["ready", this.mine]));
      return;
    }
    const screen = terminal.querySelector(".xterm-screen");
    const cell = [screen.clientWidth / this.mine.width, screen.clientHeight / this.mine.height];
    // Half a cell more than needed: rounding must not lose a column.
    terminal.style.width = `${cell[0] * (this.wanted.width + 0.5)}px`;
    terminal.style.height = `${cell[1] * (this.wanted.height + 0.5)}px`;
    window.dispatchEvent(new Event("resize"));
  }

  scale() {
    const screen = terminal.querySelector(".xterm-screen");
    const factor = Math.min(window.innerWidth / screen.clientWidth, window.innerHeight / screen.clientHeight);
    const left = (window.innerWidth - screen.clientWidth * factor) / 2;
    const top = (window.innerHeight - screen.clientHeight * factor) / 2;
    terminal.style.transform = `translate(${left}px, ${top}px) scale(${factor})`;
  }
}

window.addEventListener("load", async () => {
  const size = `${terminal.dataset.fontSize}px`;
  await Promise.all(["", "bold ", "italic "].map((style) => document.fonts.load(`${style}${size} "Roboto Mono"`)));
  window.WebSocket = document.body.dataset.role === "class" ? Following : Patient;
  begin();
  if (document.body.dataset.role !== "class") document.querySelector(".xterm-helper-textarea").focus();
});
