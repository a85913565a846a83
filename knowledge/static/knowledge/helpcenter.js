// The help center's behaviours; without this file every page works, with one press more.
document.documentElement.dataset.scripted = "";

// ---- "Ask us" opens the widget, with the question in it where there is one ----
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-ask]");
  if (!button) return;
  window.supportai ??= [];
  window.supportai.push(["open", { draft: button.dataset.question ?? "" }]);
});

// ---- The search: results while typing; down and up go through them, Escape comes back ----
const box = document.querySelector("[data-search]");
const field = box?.querySelector("[type=search]");
const results = document.querySelector("[data-results]");
const status = box?.querySelector("[data-search-status]");

function hits() {
  return [...results.querySelectorAll("[data-hit]")];
}

function move(step) {
  const all = hits();
  if (!all.length) return;
  const place = all.indexOf(document.activeElement) + step;
  if (place < 0) field.focus();
  else all[Math.min(place, all.length - 1)].focus();
}

function close() {
  if (results.matches(".help-drop")) results.replaceChildren();
}

function key(event) {
  const isInside = results.contains(document.activeElement);
  const isInField = document.activeElement === field;
  if ((!isInside && !isInField) || event.isComposing) return;
  if (event.key === "ArrowDown") move(1);
  else if (event.key === "ArrowUp" && isInside) move(-1);
  else if (event.key === "Escape" && isInside) field.focus();
  else if (event.key === "Escape" && results.matches(".help-drop:not(:empty)")) close(); // the next one clears the field
  else return;
  event.preventDefault();
}

if (field && results) {
  document.addEventListener("keydown", key);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    field.focus();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.target === results) status.textContent = results.querySelector("[data-found]")?.dataset.found ?? "";
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.target !== field) return;
    close();
    status.classList.remove("vh");
    status.textContent = event.detail.xhr.status === 429 ? status.dataset.busy : status.dataset.down;
  });
  field.addEventListener("input", () => status.classList.add("vh"));
  // The whole page is on its way; what was typed must not come back over it.
  box.querySelector("form").addEventListener("submit", () => window.htmx?.trigger(field, "htmx:abort"));
  document.addEventListener("click", (event) => {
    if (!box.contains(event.target)) close();
  });
}

// ---- A vote that could not be stored says so where it was given ----
document.addEventListener("htmx:responseError", (event) => {
  const form = event.target.closest?.("[data-failed]");
  if (!form) return;
  const told = form.querySelector("[role=status]") ?? form.appendChild(Object.assign(document.createElement("p"), { role: "status" }));
  told.textContent = form.dataset.failed;
});

// ---- The list of contents: folded on a phone, marks what is being read on a wide screen ----
const toc = document.querySelector("[data-toc]");
if (toc) {
  const wide = matchMedia("(min-width: 1001px)");
  const fold = () => { toc.open = wide.matches; };
  wide.addEventListener("change", fold);
  fold();
  const links = new Map([...toc.querySelectorAll("a")].map((link) => [decodeURIComponent(link.hash.slice(1)), link]));
  const headings = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const mark = () => {
    const line = window.innerHeight / 4;
    const read = headings.filter((heading) => heading.getBoundingClientRect().top < line).at(-1) ?? headings[0];
    for (const [id, link] of links) {
      if (id === read?.id) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  };
  const watcher = new IntersectionObserver(mark, { rootMargin: "0px 0px -75% 0px" });
  for (const heading of headings) watcher.observe(heading);
}
