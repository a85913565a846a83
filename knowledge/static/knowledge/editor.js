// The article editor: the page beside the text, rendered by the server exactly as readers will see it.
const DELAY = 300;

const PANE = `
  <div class="md-preview">
    <div class="md-bar">
      <span role="status" data-md-state>Preview</span>
      <span class="md-choices" role="group" aria-label="Width of the preview">
        <button type="button" data-md-width="wide" aria-pressed="true">Wide</button>
        <button type="button" data-md-width="phone" aria-pressed="false">Phone</button>
      </span>
    </div>
    <div class="md-frame" data-md-frame="wide"><iframe title="Preview of the article" data-md-page></iframe></div>
  </div>`;

class Preview {
  constructor(text) {
    this.text = text;
    this.title = document.querySelector("#id_title");
    this.url = text.dataset.previewUrl;
    this.latest = 0;
    this.root = document.createElement("div");
    this.root.className = "md-editor";
    text.before(this.root);
    this.root.innerHTML = PANE;
    this.root.prepend(text);
    this.frame = this.root.querySelector("[data-md-page]");
    this.state = this.root.querySelector("[data-md-state]");
  }

  start() {
    this.frame.addEventListener("load", () => this.render());
    this.frame.src = this.url;
    for (const field of [this.text, this.title]) field?.addEventListener("input", () => this.soon());
    this.text.addEventListener("scroll", () => this.follow(), { passive: true });
    for (const button of this.root.querySelectorAll("[data-md-width]")) button.addEventListener("click", () => this.widen(button));
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.render(), DELAY);
  }

  async render() {
    const number = ++this.latest;
    const page = this.frame.contentDocument?.querySelector("[data-preview]");
    if (!page) return;
    const body = new FormData();
    body.set("title", this.title?.value ?? "");
    body.set("body", this.text.value);
    body.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    try {
      const response = await fetch(this.url, { method: "POST", body });
      if (!response.ok) throw new Error(String(response.status));
      const html = await response.text();
      if (number !== this.latest) return;
      page.innerHTML = html; // sanitised by the server, as for readers
      this.state.textContent = "Preview";
      this.follow();
    } catch {
      if (number === this.latest) this.state.textContent = "The preview could not be made. Your text is safe here; it is tried again as you write.";
    }
  }

  /** Keep about the same place of both in view. */
  follow() {
    const page = this.frame.contentDocument?.documentElement;
    const room = this.text.scrollHeight - this.text.clientHeight;
    if (page && room > 0) page.scrollTop = (this.text.scrollTop / room) * (page.scrollHeight - page.clientHeight);
  }

  widen(button) {
    for (const other of this.root.querySelectorAll("[data-md-width]")) other.setAttribute("aria-pressed", String(other === button));
    this.root.querySelector("[data-md-frame]").dataset.mdFrame = button.dataset.mdWidth;
  }
}

document.addEventListener("DOMContentLoaded", () => {
  for (const text of document.querySelectorAll("textarea[data-preview-url]")) new Preview(text).start();
});
