// One live line to the server: a websocket with heartbeat, backoff and jitter; long-polling where sockets are blocked.

const HEARTBEAT_MS = 25_000;
const ANSWER_MS = 10_000;
const BACKOFF_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];
// So many sockets that never opened while HTTP answers mean that something between us blocks them.
const BLOCKED_AFTER = 2;
const SOCKET_AGAIN_MS = 120_000;
const POLL_SECONDS = 25;

export const CLOSED = { session: 4401, origin: 4403 };

/**
 * Callbacks: hello() -> the hello frame; onFrame(frame); onState("connecting" | "online" | "offline", retryAt);
 * onRefused(code) for a session that ended or an origin that may not; poll(signal) -> one round of long-polling.
 */
export class Connection {
  constructor(url, callbacks) {
    this.url = url;
    this.callbacks = callbacks;
    this.socket = null;
    this.isRunning = false;
    this.isWelcome = false;
    this.failures = 0;
    this.neverOpened = 0;
    this.timers = {};
    this.polling = null;
    this.hasPolled = false;
    window.addEventListener("online", () => this.now());
    window.addEventListener("offline", () => this.lose());
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && this.wake());
  }

  get isOnline() {
    return this.isWelcome || this.isPolling;
  }

  get isPolling() {
    return this.polling !== null && this.hasPolled;
  }

  start() {
    if (this.isRunning) return;
    this.isRunning = true;
    this.connect();
  }

  stop() {
    this.isRunning = false;
    this.drop();
    this.stopPolling();
    Object.values(this.timers).forEach(clearTimeout);
  }

  /** Try at once, whatever the backoff says. */
  now() {
    if (!this.isRunning || this.isWelcome) return;
    this.drop();
    this.failures = 0;
    this.connect();
  }

  /** Ask for what was missed on the line that is open, or open a new one. */
  resume() {
    if (this.socket?.readyState === WebSocket.OPEN) this.write(this.callbacks.hello());
    else if (!this.isPolling) this.now();
  }

  send(frame) {
    if (!this.isWelcome) return false;
    this.write(frame);
    return true;
  }

  write(frame) {
    this.socket.send(JSON.stringify({ v: 1, ...frame }));
  }

  connect() {
    clearTimeout(this.timers.retry);
    if (!this.isRunning || this.socket) return;
    if (!this.isPolling) this.callbacks.onState("connecting");
    const socket = new WebSocket(this.url);
    let hasOpened = false;
    this.socket = socket;
    this.expectAnswer();
    socket.onopen = () => {
      hasOpened = true;
      this.write(this.callbacks.hello());
    };
    socket.onmessage = (event) => this.receive(JSON.parse(event.data));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.neverOpened = hasOpened ? 0 : this.neverOpened + 1;
      this.socket = null;
      this.lose(event.code);
    };
  }

  receive(frame) {
    clearTimeout(this.timers.answer);
    if (frame.type === "welcome") {
      this.isWelcome = true;
      this.failures = 0;
      this.stopPolling();
      this.callbacks.onState("online");
    }
    this.callbacks.onFrame(frame);
    this.beat();
  }

  beat() {
    clearTimeout(this.timers.beat);
    this.timers.beat = setTimeout(() => this.ping(), HEARTBEAT_MS);
  }

  ping() {
    if (!this.send({ type: "ping" })) return;
    this.expectAnswer();
  }

  /** A computer that slept may hold a line that is long dead. */
  wake() {
    if (this.isWelcome) this.ping();
    else this.now();
  }

  expectAnswer() {
    clearTimeout(this.timers.answer);
    this.timers.answer = setTimeout(() => {
      this.drop();
      this.lose();
    }, ANSWER_MS);
  }

  drop() {
    const socket = this.socket;
    this.socket = null;
    this.isWelcome = false;
    clearTimeout(this.timers.beat);
    clearTimeout(this.timers.answer);
    socket?.close();
  }

  lose(code = 0) {
    this.drop();
    if (!this.isRunning) return;
    if (code === CLOSED.session || code === CLOSED.origin) {
      this.callbacks.onRefused(code);
      return;
    }
    if (this.neverOpened >= BLOCKED_AFTER && navigator.onLine) this.startPolling();
    if (this.isPolling) {
      this.timers.retry = setTimeout(() => this.connect(), SOCKET_AGAIN_MS);
      return;
    }
    this.retryLater();
  }

  retryLater() {
    const most = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
    const wait = most * (0.5 + Math.random() / 2);
    this.failures += 1;
    clearTimeout(this.timers.retry);
    this.timers.retry = setTimeout(() => this.connect(), wait);
    this.callbacks.onState("offline", Date.now() + wait);
  }

  startPolling() {
    if (this.polling) return;
    this.polling = new AbortController();
    this.pollLoop(this.polling);
  }

  async pollLoop(stop) {
    while (!stop.signal.aborted && this.isRunning) {
      try {
        const frame = await this.callbacks.poll(this.hasPolled ? POLL_SECONDS : 0, stop.signal);
        if (stop.signal.aborted) return;
        const isFirst = !this.hasPolled;
        this.hasPolled = true;
        if (isFirst) this.callbacks.onState("online");
        this.callbacks.onFrame(frame);
      } catch {
        if (stop.signal.aborted) return;
        this.stopPolling();
        this.retryLater();
        return;
      }
    }
  }

  stopPolling() {
    this.polling?.abort();
    this.polling = null;
    this.hasPolled = false;
  }
}
