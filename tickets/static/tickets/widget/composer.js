// Where the customer writes: a field that grows, files, and Send.
import { h, icon } from "./dom.js";
import { texts } from "./texts.js";

const MOST_PIXELS = 132;
const MOST_CHARACTERS = 8000;

export class Composer {
  /** callbacks: send(text), typing(), draft(text), files(list). */
  constructor(tray, callbacks) {
    this.tray = tray;
    this.callbacks = callbacks;
    this.field = h("textarea", {
      rows: 1, placeholder: texts.write, "aria-label": texts.write, maxlength: MOST_CHARACTERS, dir: "auto", enterkeyhint: "send",
      oninput: () => this.changed(), onkeydown: (event) => this.key(event), onpaste: (event) => this.paste(event),
    });
    this.picker = h("input", {
      type: "file", multiple: true, hidden: true, tabindex: -1,
      accept: "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/plain,.log,.csv,video/mp4,video/webm",
      onchange: () => this.pick(),
    });
    const attach = h("button", { type: "button", class: "icon", "aria-label": texts.attach, onclick: () => this.picker.click() }, icon("attach"));
    this.button = h("button", { type: "submit", class: "go", "aria-label": texts.send }, icon("send"));
    this.hint = h("p", { class: "soft small", role: "status" });
    this.element = h("form", { class: "composer", onsubmit: (event) => this.submit(event) },
      tray.element, this.hint, h("div", { class: "write" }, attach, this.picker, this.field, this.button));
  }

  get value() {
    return this.field.value;
  }

  set value(text) {
    this.field.value = text;
    this.resize();
  }

  focus() {
    this.field.focus({ preventScroll: true });
  }

  changed() {
    this.resize();
    this.hint.textContent = "";
    this.callbacks.draft(this.value);
    this.callbacks.typing();
  }

  resize() {
    this.field.style.blockSize = "auto";
    this.field.style.blockSize = `${Math.min(this.field.scrollHeight, MOST_PIXELS)}px`;
  }

  key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.submit(event);
  }

  submit(event) {
    event.preventDefault();
    const text = this.value.trim();
    if (this.tray.isUploading) {
      this.hint.textContent = texts.uploadsFirst;
      return;
    }
    if (!text && !this.tray.ready.length) return;
    this.callbacks.send(text);
    this.value = "";
    this.callbacks.draft("");
    this.focus();
  }

  paste(event) {
    const files = [...(event.clipboardData?.files ?? [])];
    if (!files.length) return;
    event.preventDefault();
    this.tray.add(files);
  }

  pick() {
    this.tray.add(this.picker.files);
    this.picker.value = "";
    this.focus();
  }
}
