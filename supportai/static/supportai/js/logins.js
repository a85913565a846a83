// The demo's sign-in page: one press signs in as one of its people, whose password everybody knows.
const DEMO_PASSWORD = "demo";

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-login-as]");
  if (!button) return;
  const form = document.querySelector("[data-login]");
  form.elements.username.value = button.dataset.loginAs;
  form.elements.password.value = DEMO_PASSWORD;
  form.requestSubmit();
});
