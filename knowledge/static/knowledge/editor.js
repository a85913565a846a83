// The article editor: the page beside the text, rendered by the server exactly as readers will see it.
const DELAY = 300;

class Preview {
  constructor(root) {
    this.root = root;
    this.text = root.querySelector("textarea");
    this.title = document.querySelector("#id_title");
    this.frame = root.querySelector("[data-md-page]");
    this.state = root.querySelector("[data-md-state]");
    this.url = root.dataset.previewUrl;
    this.latest = 0;
  }

  start() {
    this.root.querySelector(".md-preview").hidden = false;
    this.root.classList.add("md-live");
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
  for (const root of document.querySelectorAll("[data-md-editor]")) new Preview(root).start();
});
