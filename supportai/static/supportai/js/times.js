// Keeps "8 min" true while the page is open; says it as the `elapsed` filter does.
const EVERY_MS = 20_000;

export function elapsed(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (hours < 24) return rest ? `${hours} h ${String(rest).padStart(2, "0")}` : `${hours} h`;
  const days = Math.floor(hours / 24);
  return days === 1 ? "1 day" : `${days} days`;
}

setInterval(() => {
  for (const time of document.querySelectorAll("time[data-since]")) {
    time.textContent = elapsed(Date.now() - Date.parse(time.dateTime));
  }
}, EVERY_MS);
