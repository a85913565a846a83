// The staff websocket: doorbells only. Each frame becomes an event on <body> that HTMX triggers listen to:
// live:message, live:trace, live:ticket for the ticket that is looked at; live:row with its id; live:counts at most every 2 s.
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
const PING_MS = 25_000;
const QUIET_MS = 60_000;
const COUNTS_MS = 2_000;
const SHOW_OFFLINE_MS = 4_000;

let socket = null;
let watched = null;
let retry = FIRST_RETRY_MS;
let lastHeard = 0;
let wasConnected = false;
let countsTimer = 0;
let offlineTimer = 0;

export function ring(name, detail = {}) {
  document.body.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
}

export function send(frame) {
  if (socket?.readyState !== WebSocket.OPEN) return false;
  socket.send(JSON.stringify({ v: 1, ...frame }));
  return true;
}

function ringCounts() {
  if (countsTimer) return;
  countsTimer = setTimeout(() => {
    countsTimer = 0;
    ring("live:counts");
  }, COUNTS_MS);
}

function watch() {
  const shown = document.querySelector("[data-watch]")?.dataset.watch ?? null;
  if (shown === watched) return;
  watched = shown;
  send({ type: "watch", ticket: watched });
}

function take(frame) {
  if (frame.type === "row") {
    ring("live:row", { ticket: frame.ticket });
    ringCounts();
  } else if (["message", "trace", "ticket"].includes(frame.type) && frame.ticket === watched) {
    ring(`live:${frame.type}`, frame);
  } else if (frame.type === "typing" && frame.ticket === watched) {
    ring("live:typing", { who: frame.who });
  }
}

function showOffline(isOffline) {
  clearTimeout(offlineTimer);
  const notice = document.querySelector("[data-offline]");
  if (!notice) return;
  if (isOffline) offlineTimer = setTimeout(() => (notice.hidden = false), SHOW_OFFLINE_MS);
  else notice.hidden = true;
}

function connect() {
  const url = new URL("/ws/inbox/", location.href);
  url.protocol = url.protocol.replace("http", "ws");
  socket = new WebSocket(url);
  socket.addEventListener("open", () => {
    document.body.dataset.connected = "yes";
    retry = FIRST_RETRY_MS;
    lastHeard = Date.now();
    showOffline(false);
    watched = null;
    watch();
    // What rang while nobody listened is fetched now.
    if (wasConnected) for (const name of ["live:message", "live:trace", "live:ticket", "live:counts", "live:missed"]) ring(name);
    wasConnected = true;
  });
  socket.addEventListener("message", (event) => {
    lastHeard = Date.now();
    take(JSON.parse(event.data));
  });
  socket.addEventListener("close", () => {
    delete document.body.dataset.connected;
    showOffline(true);
    setTimeout(connect, retry * (0.7 + Math.random() * 0.6));
    retry = Math.min(retry * 2, LONGEST_RETRY_MS);
  });
}

if (document.querySelector("[data-live]")) {
  connect();
  setInterval(() => {
    if (!send({ type: "ping" })) return;
    if (Date.now() - lastHeard > QUIET_MS) socket.close();
  }, PING_MS);
  document.addEventListener("htmx:afterSettle", watch);
  // An action of one's own rings at once, without waiting for the socket.
  document.body.addEventListener("live:row", ringCounts);
}
