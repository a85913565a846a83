// "Ask us" opens the widget on the same page; without a script the buttons stay hidden.
for (const button of document.querySelectorAll("[data-ask]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    window.supportai ??= [];
    window.supportai.push(["open"]);
  });
}
