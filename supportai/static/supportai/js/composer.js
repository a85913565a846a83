// The composer: drafts survive a reload, Ctrl+Enter sends, the AI agent's draft can be edited, customers see that a person types.
import { send } from "./live.js";
import { read, write } from "./store.js";

const TYPING_EVERY_MS = 3_000;
let lastTyping = 0;

function kindOf(form) {
  return form.querySelector("[name=kind]:checked").value;
}

function draftName(form, kind = kindOf(form)) {
  return `draft.${form.closest("[data-composer]").dataset.composer}.${kind}`;
}

function show(form) {
  const text = form.querySelector("textarea");
  const isNote = kindOf(form) === "note";
  text.dataset.placeholderReply ??= text.placeholder;
  text.placeholder = isNote ? text.dataset.placeholderNote : text.dataset.placeholderReply;
  text.value = read(draftName(form));
}

function prepare(root) {
  for (const form of root.querySelectorAll("[data-say]")) {
    if (form.dataset.ready) continue;
    form.dataset.ready = "yes";
    // A note that was being written is shown first when no reply was.
    const note = form.querySelector("[value=note]");
    if (!read(draftName(form, "reply")) && read(draftName(form, "note"))) note.checked = true;
    show(form);
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.closest("[data-say]");
  if (!form || event.target.name !== "kind") return;
  show(form);
  form.querySelector("textarea").focus();
});

document.addEventListener("input", (event) => {
  const form = event.target.closest("[data-say]");
  if (!form || event.target.name !== "text") return;
  write(draftName(form), event.target.value);
  if (kindOf(form) === "reply" && Date.now() - lastTyping > TYPING_EVERY_MS) {
    lastTyping = Date.now();
    send({ type: "typing" });
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  const form = event.target.closest("[data-say]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
});

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-edit-draft]")) return;
  const composer = event.target.closest("[data-composer]");
  const form = composer.querySelector("[data-say]");
  const text = form.querySelector("textarea");
  form.querySelector("[value=reply]").checked = true;
  text.value = composer.querySelector("[data-draft] [name=text]").value;
  write(draftName(form), text.value);
  text.focus();
});

// The server stored it: only now the kept draft may go. Runs before the fresh composer is swapped in.
document.body.addEventListener("composer:sent", (event) => {
  write(`draft.${event.detail.ticket}.${event.detail.kind}`, "");
  // The single keys are at hand again: N opens a note, E resolves.
  if (document.activeElement?.closest("[data-composer]")) document.activeElement.blur();
});

document.addEventListener("htmx:afterSettle", () => prepare(document));
prepare(document);
