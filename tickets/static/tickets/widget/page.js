// What a customer may choose to share of the page: address without its query, title, visible headings. Nothing else.

const MOST_HEADINGS = 12;
const MOST_CHARACTERS = 120;

function isVisible(element) {
  return element.checkVisibility ? element.checkVisibility() : element.getClientRects().length > 0;
}

/** Describe the page as it is now: {url, title, headings}. */
export function describePage() {
  const headings = [...document.querySelectorAll("h1, h2, h3")]
    .filter((heading) => isVisible(heading) && !heading.closest("[data-private]"))
    .map((heading) => heading.textContent.replace(/\s+/g, " ").trim().slice(0, MOST_CHARACTERS))
    .filter(Boolean);
  return {
    url: location.origin + location.pathname,
    title: document.title.slice(0, MOST_CHARACTERS),
    headings: headings.slice(0, MOST_HEADINGS),
  };
}
