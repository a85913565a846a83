// The conversation: asks for what comes after the last message it has, drops repeats, stays at the end, shows who types.
const NEAR_END_PX = 120;
const TYPING_MS = 5_000;
let typingTimer = 0;

function lastSequence(thread) {
  const entries = thread.querySelectorAll("[data-sequence]");
  return entries.length ? entries[entries.length - 1].dataset.sequence : "0";
}

function scroller(thread) {
  return thread.closest(".reader") ?? document.scrollingElement;
}

function isAtEnd(thread) {
  const box = scroller(thread);
  return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_END_PX;
}

function toEnd(thread) {
  const box = scroller(thread);
  if (box !== document.scrollingElement) box.scrollTop = box.scrollHeight;
}

document.addEventListener("htmx:configRequest", (event) => {
  const thread = event.target.closest?.("[data-thread]");
  if (thread === event.target) event.detail.parameters.after = lastSequence(thread);
});

document.addEventListener("htmx:beforeSwap", (event) => {
  const thread = event.detail.requestConfig?.elt?.closest?.("[data-thread]");
  if (thread) thread.dataset.follows = String(isAtEnd(thread));
});

document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "reader") toEnd(document.querySelector("[data-thread]") ?? document.body);
  const thread = event.detail.requestConfig?.elt?.closest?.("[data-thread]");
  if (!thread) return;
  const seen = new Set();
  for (const entry of thread.querySelectorAll("[data-sequence]")) {
    if (seen.has(entry.dataset.sequence)) entry.remove();
    seen.add(entry.dataset.sequence);
  }
  thread.querySelector("[data-typing]").textContent = "";
  if (thread.dataset.follows === "true") toEnd(thread);
});

document.body.addEventListener("live:typing", (event) => {
  const place = document.querySelector("[data-typing]");
  if (!place) return;
  place.textContent = `${event.detail.who} is typing`;
  clearTimeout(typingTimer);
  typingTimer = setTimeout(() => (place.textContent = ""), TYPING_MS);
});

const first = document.querySelector(".reader [data-thread]");
if (first) toEnd(first);
