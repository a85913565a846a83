// A form that is sent when its choice changes; its button is only for pages without scripts.
function hideButtons() {
  for (const button of document.querySelectorAll("[data-no-script]")) button.hidden = true;
}

hideButtons();
document.addEventListener("htmx:load", hideButtons);

document.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-submit-on-change]");
  if (form) form.requestSubmit();
});
