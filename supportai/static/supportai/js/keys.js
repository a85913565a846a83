// Single keys: data-key="e" presses or focuses its element, data-key="g i" is two keys in a row, ? shows the list of all.
// Off while typing, in dialogs and when the person has switched them off.
import { read, write } from "./store.js";

const SWITCH = "keys-off";
const SECOND_KEY_MS = 1_200;
let firstKey = "";
let firstKeyAt = 0;

function isTyping(target) {
  return target.closest("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable], dialog");
}

function isVisible(element) {
  return element.checkVisibility({ visibilityProperty: true }) && !element.disabled;
}

function press(element) {
  if (element.matches("textarea, select, input[type=search]")) {
    element.focus();
    element.select?.();
  } else if ("keyFocuses" in element.dataset) {
    // Money never moves by one bare key: the key goes to the button, Enter presses it.
    element.focus();
  } else {
    element.click();
    if (element.matches("summary")) element.parentElement.querySelector("input, textarea")?.focus();
    if (element.matches("[type=radio]")) element.closest("form").querySelector("textarea").focus();
  }
}

function find(key) {
  return [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].find(isVisible);
}

function openSheet() {
  document.querySelector("[data-keysheet]")?.showModal();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (event.key === "Escape" && event.target.matches?.("textarea, input[type=search]")) event.target.blur();
  if (read(SWITCH) || isTyping(event.target)) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const isSecond = firstKey && Date.now() - firstKeyAt < SECOND_KEY_MS;
  const element = (isSecond && find(`${firstKey} ${key}`)) || find(key);
  firstKey = !isSecond && key === "g" ? "g" : "";
  firstKeyAt = Date.now();
  if (key === "?") {
    event.preventDefault();
    openSheet();
  } else if (element) {
    event.preventDefault();
    press(element);
  }
});

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-opens-keysheet]")) openSheet();
});

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-keys-switch]")) return;
  write(SWITCH, event.target.checked ? "" : "yes");
  for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = event.target.checked;
});

for (const box of document.querySelectorAll("[data-keys-switch]")) box.checked = !read(SWITCH);
