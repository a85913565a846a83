// Light, dark or the system's choice, kept per person in this browser. Runs before the first paint, so it is no module.
(() => {
  const KEY = "supportai.theme";
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY) ?? "system";
    } catch {
      return "system";
    }
  }

  function apply(choice) {
    if (choice === "light" || choice === "dark") root.dataset.theme = choice;
    else delete root.dataset.theme;
  }

  apply(stored());

  document.addEventListener("DOMContentLoaded", () => {
    for (const radio of document.querySelectorAll("[data-theme-choice] input")) radio.checked = radio.value === stored();
  });

  document.addEventListener("change", (event) => {
    if (!event.target.closest("[data-theme-choice]")) return;
    apply(event.target.value);
    try {
      localStorage.setItem(KEY, event.target.value);
    } catch {
      // Storage is switched off: the choice holds for this page.
    }
  });
})();
