// The panel's controller: session, live line, outbox. Imported by the loader when the launcher is first pressed.
import { Api } from "./api.js";
import { Tray } from "./attachments.js";
import { Composer } from "./composer.js";
import { CLOSED, Connection } from "./connection.js";
import { HANDLERS } from "./handlers.js";
import { describePage } from "./page.js";
import { Panel } from "./panel.js";
import { Sender } from "./sender.js";
import { Drawer } from "./storage.js";
import { Store } from "./store.js";
import { texts } from "./texts.js";

const TYPING_EVERY_MS = 3_000;
const TYPING_SHOWN_MS = 6_000;
// Nothing is said about waiting before this; most answers are there by then.
const QUIET_MS = 600;
// Longer than this nobody is reading; what comes, comes without a promise.
const READING_MS = 30_000;
// A line that comes back this fast was not worth a word.
const LOST_QUIET_MS = 1_500;

class App {
  constructor(tools) {
    Object.assign(this, tools);
    this.stopper = new AbortController();
    this.api = new Api(this.options.base);
    this.store = new Store(this.options.brand, (what) => this.storeChanged(what), this.stopper.signal);
    this.kept = new Drawer("sessionStorage", `supportai:${this.options.brand}`);
    this.isOpen = false;
    this.unread = 0;
    this.refusals = 0;
    this.lostAt = 0;
    this.retryAt = 0;
    this.view = { page: null, consent: null, typing: "", isReading: false, notice: "", hasAskedPerson: false };
    this.timers = {};
    const socketUrl = new URL("../ws/widget/", this.options.base);
    socketUrl.protocol = socketUrl.protocol.replace("http", "ws");
    this.connection = new Connection(socketUrl.href, {
      hello: () => this.hello(),
      onFrame: (frame) => this.receive(frame),
      onState: (state, retryAt) => this.connectionChanged(state, retryAt),
      onRefused: (code) => this.refused(code),
      poll: (wait, signal) => this.poll(wait, signal),
    });
    this.sender = new Sender(this.store, this.connection, this.api, {
      acknowledged: (frame) => this.acknowledged(frame), sessionEnded: () => this.refused(CLOSED.session), changed: () => this.render(),
    });
  }

  build() {
    const tray = new Tray(this.api, () => {});
    const lang = document.documentElement.lang || navigator.language;
    this.composer = new Composer(tray, {
      send: (text) => this.send(text), typing: () => this.sayTyping(), draft: (text) => { this.store.draft = text; },
    });
    this.panel = new Panel({
      mark: this.mark(), brandName: this.store.session.brand?.name ?? this.options.brand, composer: this.composer,
      lang, dir: document.documentElement.dir || "ltr", api: this.api, actions: this.actions(),
    });
    this.host.shadowRoot.append(this.panel.element);
    this.composer.value = this.store.draft;
    this.followKeyboard();
    window.addEventListener("popstate", () => this.isOpen && this.close({ fromHistory: true }), { signal: this.stopper.signal });
  }

  actions() {
    return {
      close: () => this.close(),
      send: (text) => this.send(text),
      askPerson: () => this.askPerson(),
      startNew: () => this.startNew(),
      retry: (item) => { this.store.patch(item.client_id, { state: "waiting", tab: this.store.tabId }); this.sender.pump(); this.render(); },
      remove: (item) => { this.store.unqueue(item.client_id); this.render(); },
      rate: (score, comment) => this.rate(score, comment),
      tryNow: () => this.connection.now(),
      toggleShare: () => this.toggleShare(),
      share: () => this.update({ page: this.view.consent, consent: null }),
      decline: () => this.update({ consent: null }),
    };
  }

  // ---- session ----

  get subject() {
    return subjectOf(this.options.identity);
  }

  /** Get a session; an identity of somebody else than before starts on an empty screen. */
  async signIn() {
    const { store } = this;
    if (store.session.contact && store.session.subject !== this.subject) store.forget();
    const answer = await this.api.openSession(this.options.brand, this.options.identity, store.session.token);
    store.signIn(answer, this.subject);
    this.api.token = answer.session;
    this.applyBrand();
  }

  applyBrand() {
    const { brand } = this.store.session;
    if (!brand) return;
    this.host.style.setProperty("--brand", brand.color);
    this.panel.title.textContent = texts.title(brand.name);
    this.panel.log.setAttribute("aria-label", texts.conversation(brand.name));
  }

  hello() {
    this.askedFor = this.store.ticketId;
    return { type: "hello", session: this.api.token, ticket: this.askedFor, after: this.store.seen };
  }

  async begin() {
    this.api.token = this.store.session.subject === this.subject ? this.store.session.token ?? "" : "";
    if (this.store.session.contact && this.store.session.subject !== this.subject) this.store.forget();
    this.applyBrand();
    this.render();
    try {
      await this.signIn();
    } catch (error) {
      if (error.code !== "network") {
        this.turnedAway(error);
        return;
      }
      if (!this.api.token) {
        this.connectionChanged("offline", Date.now() + 4000);
        this.timers.begin = setTimeout(() => this.begin(), 4000);
        return;
      }
    }
    this.connection.start();
    this.render();
  }

  /** The server will not talk to this page or this token; the host page may call identify() with a fresh one. */
  turnedAway(error) {
    this.connection.stop();
    const isExpired = error.code === "identity_token_invalid";
    this.update({ notice: { origin_not_allowed: texts.refused, identity_token_invalid: texts.signedOut }[error.code] ?? error.message });
    if (isExpired) this.emit("expired");
  }

  identify(jwt) {
    this.options.identity = jwt;
    // A fresh token of the same customer is used when the session ends.
    if (subjectOf(jwt) === this.store.session.subject && this.connection.isRunning) return;
    this.connection.stop();
    clearTimeout(this.timers.begin);
    this.sender.reset();
    Object.assign(this.view, { page: null, consent: null, notice: "", typing: "", isReading: false, hasAskedPerson: false });
    this.composer.value = "";
    this.begin();
  }

  async refused(code) {
    if (code === CLOSED.origin) {
      this.update({ notice: texts.refused });
      this.connection.stop();
      return;
    }
    this.connection.stop();
    this.store.saveSession({ token: "" });
    this.api.token = "";
    clearTimeout(this.timers.begin);
    this.refusals += 1;
    this.timers.begin = setTimeout(() => this.begin(), Math.min(60_000, 500 * 2 ** this.refusals));
  }

  storeChanged(what) {
    if (what === "moved") this.connection.resume();
    this.sender.pump();
    this.render();
  }

  // ---- open and close ----

  open({ focus = true, draft = "" } = {}) {
    // What the customer began to write is theirs.
    if (draft && !this.composer.value) this.store.draft = this.composer.value = draft;
    if (this.isOpen) return;
    this.isOpen = true;
    this.unread = 0;
    this.kept.set("open", 1);
    this.launcher.say();
    this.launcher.shown(false);
    if (this.panel.fillsScreen && history.state?.supportai !== true) history.pushState({ ...history.state, supportai: true }, "");
    this.render({ follow: true });
    this.panel.show(focus);
    this.emit("open");
  }

  close({ fromHistory = false } = {}) {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.kept.remove("open");
    this.panel.hide();
    this.launcher.shown(true, true);
    if (!fromHistory && history.state?.supportai === true) history.back();
    this.emit("close");
  }

  shutdown() {
    this.stopper.abort();
    this.connection.stop();
    Object.values(this.timers).forEach(clearTimeout);
  }

  /** Keep composer and last message above a phone's keyboard, which covers fixed elements. */
  followKeyboard() {
    const viewport = window.visualViewport;
    if (!viewport) return;
    const follow = () => {
      this.host.style.setProperty("--view-height", `${viewport.height}px`);
      this.host.style.setProperty("--view-top", `${viewport.offsetTop}px`);
      if (this.isOpen && this.panel.fillsScreen) this.panel.scrollToEnd();
    };
    viewport.addEventListener("resize", follow, { signal: this.stopper.signal });
    viewport.addEventListener("scroll", follow, { signal: this.stopper.signal });
    follow();
  }

  // ---- writing ----

  send(text) {
    const attachments = this.composer.tray.ready;
    this.composer.tray.clear();
    this.store.queue({ text, attachments, page: this.view.page ? describePage() : null });
    this.view.consent = null;
    this.sender.pump();
    this.render({ follow: true });
  }

  acknowledged(frame) {
    this.sender.confirmed(frame);
    // A new conversation: what else there is to know of it comes with the welcome.
    if (this.store.ticket?.id !== this.store.ticketId) this.connection.resume();
    this.expectAnswer();
    this.render({ follow: true });
  }

  expectAnswer() {
    clearTimeout(this.timers.reading);
    if (this.store.ticket?.handler === "person") return;
    this.timers.reading = setTimeout(() => {
      this.update({ isReading: true });
      this.timers.reading = setTimeout(() => this.update({ isReading: false }), READING_MS);
    }, QUIET_MS);
  }

  sayTyping() {
    if (this.timers.typed || this.store.ticket?.handler !== "person") return;
    this.timers.typed = setTimeout(() => { this.timers.typed = 0; }, TYPING_EVERY_MS);
    this.connection.send({ type: "typing" });
  }

  async askPerson() {
    this.update({ hasAskedPerson: true });
    if (this.connection.send({ type: "person", ticket: this.store.ticketId })) return;
    await this.try(async () => this.receive(await this.api.askPerson(this.store.ticketId)));
  }

  async rate(score, comment) {
    const { ticketId } = this.store;
    const isSent = this.connection.send({ type: "csat", ticket: ticketId, score, comment })
      || await this.try(() => this.api.rate(ticketId, score, comment));
    if (isSent && !this.connection.isWelcome) this.rated();
  }

  /** Thank for a rating when the server has it, not before. */
  rated() {
    this.store.setTicket({ ...this.store.ticket, csat_asked: false });
    this.update({ notice: texts.csatThanks });
  }

  async try(call) {
    try {
      await call();
      return true;
    } catch (error) {
      this.update({ notice: error.code === "network" ? texts.needsConnection : error.message, hasAskedPerson: false });
      return false;
    }
  }

  startNew() {
    this.store.startNew();
    Object.assign(this.view, { notice: "", hasAskedPerson: false, typing: "", isReading: false });
    this.connection.resume();
    this.render({ follow: true });
    this.composer.focus();
  }

  toggleShare() {
    if (this.view.page) this.update({ page: null });
    else this.update({ consent: this.view.consent ? null : describePage() }, { follow: true });
  }

  // ---- what comes ----

  receive(frame) {
    const handler = HANDLERS[frame.type];
    if (handler) handler(this, frame);
  }

  resync() {
    clearTimeout(this.timers.resync);
    this.timers.resync = setTimeout(() => this.connection.resume(), 300);
  }

  async poll(wait, signal) {
    const { ticketId } = this.store;
    if (!ticketId) {
      // There is nothing to wait for; the first round only proves that HTTP gets through.
      if (wait) await new Promise((resolve) => { setTimeout(resolve, 2000); });
      else await this.signIn();
      return { type: "none" };
    }
    const answer = await this.api.messages({ ticket: ticketId, after: this.store.seen, wait, signal });
    return { type: "welcome", ...answer };
  }

  arrived(messages) {
    const fresh = this.store.add(messages).filter((message) => message.author !== "customer");
    if (fresh.length) {
      clearTimeout(this.timers.reading);
      Object.assign(this.view, { isReading: false, typing: "" });
    }
    if (!this.isOpen && fresh.length) {
      this.unread += fresh.length;
      this.launcher.say(texts.newMessages(this.unread));
    }
    for (const message of fresh) this.emit("message", message);
  }

  typed(who) {
    clearTimeout(this.timers.typing);
    this.timers.typing = setTimeout(() => this.update({ typing: "" }), TYPING_SHOWN_MS);
    this.update({ typing: who });
  }

  connectionChanged(state, retryAt = 0) {
    this.retryAt = retryAt;
    if (state === "online") {
      this.lostAt = 0;
      clearInterval(this.timers.tick);
      this.sender.reset();
      this.sender.pump();
    } else if (!this.lostAt) {
      this.lostAt = Date.now();
      clearInterval(this.timers.tick);
      this.timers.tick = setInterval(() => this.render(), 1000);
    }
    if (state === "offline") this.sender.reset();
    this.render();
  }

  // ---- showing ----

  update(values, how) {
    Object.assign(this.view, values);
    this.render(how);
  }

  render({ follow = false } = {}) {
    const { store, view } = this;
    const isLost = this.lostAt > 0 && (!navigator.onLine || Date.now() - this.lostAt > LOST_QUIET_MS);
    this.panel.render({
      ...view, follow, isLost, isOpen: this.isOpen, isOnline: this.connection.isOnline,
      retrySeconds: Math.ceil((this.retryAt - Date.now()) / 1000),
      ticket: store.ticket, messages: store.ordered, did: store.did, working: store.working, stream: store.stream,
      outbox: store.outbox.filter((item) => item.ticket === store.ticketId),
      greeting: store.session.brand?.greeting ?? "", suggestions: store.session.brand?.suggestions ?? [],
      asksRating: Boolean(store.ticket?.csat_asked),
    });
  }
}

/** Read who a token speaks of; the server alone decides whether it is true. */
function subjectOf(jwt) {
  if (!jwt) return "";
  try {
    const part = jwt.split(".")[1].replace(/-/g, "+").replace(/_/g, "/");
    return String(JSON.parse(atob(part)).sub ?? "");
  } catch {
    return jwt;
  }
}

/** Called by the loader once. */
export async function start(tools) {
  const answer = await fetch(new URL("panel.css", import.meta.url));
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(await answer.text());
  tools.host.shadowRoot.adoptedStyleSheets = [...tools.host.shadowRoot.adoptedStyleSheets, sheet];
  const app = new App(tools);
  app.build();
  app.begin();
  return {
    open: (how) => app.open(how),
    close: () => app.close(),
    identify: (jwt) => app.identify(jwt),
    shutdown: () => app.shutdown(),
  };
}
