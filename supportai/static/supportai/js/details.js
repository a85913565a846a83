// What a person unfolded stays unfolded when its part of the page is fetched anew.
let open = [];

document.addEventListener("htmx:beforeSwap", (event) => {
  const part = event.detail.target.closest?.("[data-keeps-details]");
  open = part ? [...part.querySelectorAll("details[open][id]")].map((details) => details.id) : [];
});

document.addEventListener("htmx:afterSwap", () => {
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  open = [];
});
