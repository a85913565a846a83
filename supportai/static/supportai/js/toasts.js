// What just happened, said once; with an undo button for 8 seconds where there is a way back.
const SAID_MS = 6_000;
const UNDO_MS = 8_000;

function button(text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn small";
  made.textContent = text;
  made.addEventListener("click", act);
  return made;
}

export function say({ text, kind = "", undo = "" }) {
  const place = document.querySelector("[data-toasts]");
  if (!place || !text) return;
  const toast = document.createElement("div");
  toast.className = `toast ${kind === "bad" ? "bad" : ""}`;
  const words = document.createElement("p");
  words.textContent = text;
  toast.append(words);
  if (undo) {
    const back = button("Undo ", () => {
      window.htmx.ajax("POST", undo, { source: document.body, swap: "none" });
      toast.remove();
    });
    back.dataset.key = "z";
    const key = document.createElement("kbd");
    key.textContent = "Z";
    back.append(key);
    toast.append(back);
  }
  place.replaceChildren(toast);
  // A refusal stays until it is read: it has a button instead of a clock.
  if (kind === "bad") toast.append(button("Close", () => toast.remove()));
  else setTimeout(() => toast.remove(), undo ? UNDO_MS : SAID_MS);
}

document.body.addEventListener("toast", (event) => say(event.detail));

document.addEventListener("htmx:sendError", () =>
  say({ text: "The server did not answer. Nothing was sent; your text is kept.", kind: "bad" }),
);

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.getResponseHeader("HX-Trigger")) return;
  const id = xhr.getResponseHeader("X-Request-Id");
  say({ text: `That did not work (${xhr.status}${id ? `, ${id}` : ""}). Nothing was changed.`, kind: "bad" });
});
