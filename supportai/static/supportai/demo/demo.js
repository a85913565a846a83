// The little that the made-up product does: switch who you are, and pretend to save.
document.documentElement.classList.add("scripted");

for (const form of document.querySelectorAll("[data-submit-on-change]")) form.addEventListener("change", () => form.requestSubmit());

for (const form of document.querySelectorAll("[data-local-save]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    form.querySelector("[role='status']").textContent = "Saved until you reload this page; it is only a demo.";
  });
}
