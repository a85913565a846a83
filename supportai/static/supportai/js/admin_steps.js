// The admin's procedure page: a step that was just added is open, ready to be filled in.
document.addEventListener("formset:added", (event) => {
  const row = event.target;
  // Unfold's row gets its state from Alpine, which meets the new row only after this event.
  setTimeout(() => {
    row.querySelector("h3 strong")?.click();
    setTimeout(() => row.querySelector("select, input:not([type=hidden])")?.focus());
  });
});
