// The list: J and K move, rows change in place, and nothing moves under the pointer: new rows wait behind "3 new".
import { read } from "./store.js";

const NARROW = matchMedia("(max-width: 720px)");
const waiting = new Set();

const queue = () => document.querySelector("[data-queue]");
const links = () => [...document.querySelectorAll("[data-rows] .ticket-row")];
const rowOf = (id) => document.querySelector(`[data-row="${CSS.escape(id)}"]`);

function mark(link) {
  for (const other of links()) other.removeAttribute("aria-current");
  link.setAttribute("aria-current", "true");
}

function move(step) {
  const all = links();
  const now = all.findIndex((link) => link.hasAttribute("aria-current"));
  const next = all[Math.min(Math.max(now + step, 0), all.length - 1)];
  if (!next) return;
  next.focus();
  if (next === all[now]) return;
  next.scrollIntoView({ block: "nearest" });
  next.click();
}

function showNews() {
  const bar = queue()?.querySelector("[data-news]");
  if (!bar) return;
  bar.hidden = waiting.size === 0;
  bar.querySelector("[data-news-text]").textContent = waiting.has("missed") ? "Refresh this list" : `${waiting.size} new`;
}

async function refresh(id) {
  const list = queue();
  if (!list) return;
  const row = rowOf(id);
  const url = `${list.dataset.rowUrl}${id}/?${list.dataset.query}${row ? "&shown=1" : ""}`;
  const response = await fetch(url, { headers: { "HX-Request": "true" } }).catch(() => null);
  if (response?.status !== 200) return;
  const html = await response.text();
  const current = rowOf(id);
  if (current) replace(current, html);
  else {
    waiting.add(id);
    if (links().length === 0) list.querySelector("[data-news]").click();
    else showNews();
  }
}

function replace(row, html) {
  const hadFocus = row.contains(document.activeElement);
  const isCurrent = row.querySelector("[aria-current]") !== null;
  const fresh = document.createRange().createContextualFragment(html.trim()).firstElementChild;
  row.replaceWith(fresh);
  window.htmx.process(fresh);
  const link = fresh.querySelector(".ticket-row");
  if (isCurrent) link.setAttribute("aria-current", "true");
  if (hadFocus) link.focus({ preventScroll: true });
}

document.body.addEventListener("live:row", (event) => refresh(event.detail.ticket));

document.body.addEventListener("live:missed", () => {
  if (!queue()) return;
  waiting.add("missed");
  showNews();
});

// After an action the next row is at hand.
document.body.addEventListener("ticket:resolved", (event) => {
  const row = rowOf(event.detail.ticket);
  row?.nextElementSibling?.querySelector(".ticket-row")?.focus();
});

document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === "queue") waiting.clear();
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id !== "queue") return;
  const shown = document.querySelector("#pane[data-watch]")?.dataset.watch;
  const link = shown && rowOf(shown)?.querySelector(".ticket-row");
  if (link) mark(link);
});

// On a phone, and with a modifier, a row is the plain link that it is without scripts.
document.addEventListener(
  "click",
  (event) => {
    const link = event.target.closest?.(".ticket-row");
    if (!link) return;
    if (NARROW.matches || event.ctrlKey || event.metaKey || event.shiftKey) event.stopImmediatePropagation();
    else mark(link);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  if (!queue() || read("keys-off") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, dialog")) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "Enter" && event.target.matches("body, .ticket-row[aria-current]")) {
    const link = document.querySelector(".ticket-row[aria-current]");
    if (!link) return;
    event.preventDefault();
    location.assign(link.href);
  }
});
