// The conversation as this tab knows it. The server's sequence orders messages; client ids make sending again harmless.
import { Drawer, newId } from "./storage.js";

const KEPT_MESSAGES = 200;
// Attachment links in a message expire, so what this tab keeps is used for a while only.
const KEPT_MS = 30 * 60_000;
// An unsent message of a tab that has gone is sent by another one after this time.
const ADOPT_MS = 15_000;

export class Store {
  constructor(brand, changed, signal) {
    this.changed = changed;
    this.shared = new Drawer("localStorage", `supportai:${brand}`);
    this.tab = new Drawer("sessionStorage", `supportai:${brand}`);
    this.tabId = this.tab.get("tab") ?? newId();
    this.tab.set("tab", this.tabId);
    this.session = this.shared.get("session", {});
    this.clear();
    this.load();
    this.shared.watch((name) => this.follow(name), signal);
  }

  /** Forget the conversation on the screen, not what is kept. */
  clear() {
    this.ticket = null;
    this.messages = new Map();
    this.seen = 0;
    this.working = [];
    this.stream = null;
    this.did = {};
  }

  get ticketId() {
    return this.session.ticket ?? null;
  }

  get ordered() {
    return [...this.messages.values()].sort((a, b) => a.sequence - b.sequence);
  }

  // ---- what is kept ----

  load() {
    const kept = this.tab.get("conversation");
    if (!kept || kept.contact !== this.session.contact || kept.ticket?.id !== this.ticketId) return;
    if (Date.now() - kept.at > KEPT_MS) return;
    this.ticket = kept.ticket;
    this.seen = kept.seen;
    this.did = kept.did;
    for (const message of kept.messages) this.messages.set(message.sequence, message);
  }

  keep() {
    const messages = this.ordered.slice(-KEPT_MESSAGES);
    const { ticket, seen, did } = this;
    this.tab.set("conversation", { contact: this.session.contact, ticket, seen, did, messages, at: Date.now() });
  }

  /** Another tab wrote something: show the same. */
  follow(name) {
    if (name === "session") {
      const before = this.session;
      this.session = this.shared.get("session", {});
      if (this.session.ticket !== before.ticket || this.session.contact !== before.contact) {
        this.clear();
        this.changed("moved");
        return;
      }
    }
    if (name === "session" || name.startsWith("outbox")) this.changed("outbox");
  }

  saveSession(values) {
    this.session = { ...this.session, ...values };
    this.shared.set("session", this.session);
  }

  /** Take over a session from the server; another contact starts with an empty screen. */
  signIn({ session, contact, brand, ticket }, subject) {
    const isOther = this.session.contact !== undefined && this.session.contact !== contact;
    if (isOther) this.clear();
    // Whoever pressed "New conversation" before a reload gets it; otherwise the newest one goes on.
    const latest = ticket?.id ?? ticket ?? null;
    const mine = isOther || (this.session.ticket === undefined) ? latest : this.session.ticket;
    const written = this.session.contact === undefined ? this.outbox : [];
    if (written.length) this.outbox = [];
    this.saveSession({ token: session, contact, brand, subject, ticket: mine });
    if (written.length) this.outbox = [...this.outbox, ...written.map((item) => ({ ...item, ticket: item.ticket ?? mine }))];
  }

  /** Somebody else sits here now: what is written from here on waits until the server says who it is. */
  forget() {
    this.clear();
    this.session = { token: this.session.token, brand: this.session.brand };
    this.tab.remove("conversation");
    this.draft = "";
  }

  startNew() {
    this.clear();
    this.saveSession({ ticket: null });
    this.keep();
  }

  /** A conversation is gone: what waits to be said in it begins a new one. */
  lose(ticket) {
    this.outbox = this.outbox.map((item) => (item.ticket === ticket ? { ...item, ticket: null } : item));
    this.startNew();
  }

  // ---- the outbox ----

  get outboxName() {
    return `outbox:${this.session.contact ?? "new"}`;
  }

  get outbox() {
    return this.shared.get(this.outboxName, []);
  }

  set outbox(items) {
    if (items.length) this.shared.set(this.outboxName, items);
    else this.shared.remove(this.outboxName);
  }

  queue({ text, attachments, page }) {
    const item = {
      client_id: newId(), ticket: this.ticketId, text, attachments, page,
      created_at: new Date().toISOString(), tab: this.tabId, state: "waiting",
    };
    this.outbox = [...this.outbox, item];
    return item;
  }

  patch(clientId, values) {
    this.outbox = this.outbox.map((item) => (item.client_id === clientId ? { ...item, ...values } : item));
  }

  unqueue(clientId) {
    const before = this.outbox;
    const after = before.filter((item) => item.client_id !== clientId);
    if (after.length !== before.length) this.outbox = after;
    return before.find((item) => item.client_id === clientId);
  }

  /** The first unsent message that this tab has to send. */
  get next() {
    const isMine = (item) => item.tab === this.tabId || Date.now() - Date.parse(item.created_at) > ADOPT_MS;
    const first = this.outbox.find((item) => item.state !== "failed" && item.ticket === this.ticketId);
    return first && isMine(first) ? first : null;
  }

  get draft() {
    return this.shared.get("draft", "");
  }

  set draft(text) {
    if (text) this.shared.set("draft", text);
    else this.shared.remove("draft");
  }

  // ---- what the server says ----

  /** Store messages; returns those that were not known. */
  add(messages) {
    const fresh = messages.filter((message) => !this.messages.get(message.sequence)?.id);
    for (const message of messages) {
      this.messages.set(message.sequence, message);
      if (message.client_id) this.unqueue(message.client_id);
      if (message.author === "ai_agent") this.finishTurn(message);
      if (message.author === "agent" || message.author === "customer") this.stream = null;
    }
    return fresh;
  }

  finishTurn(message) {
    if (this.working.length) this.did[message.sequence] = this.working;
    this.working = [];
    this.stream = null;
  }

  /** A message came alone: is everything before it here, too? */
  isNextAfterSeen(sequence) {
    if (sequence <= this.seen) return true;
    const isNext = sequence === this.seen + 1;
    if (isNext) this.seen = sequence;
    return isNext;
  }

  setTicket(ticket) {
    this.ticket = ticket;
    if (ticket && ticket.id !== this.ticketId) this.saveSession({ ticket: ticket.id });
  }

  /** A new conversation got its id: what waits to be said belongs to it. */
  adopt(ticket) {
    this.saveSession({ ticket });
    this.outbox = this.outbox.map((other) => (other.ticket === null ? { ...other, ticket } : other));
  }

  /** An unsent message arrived: it keeps its place until the server's own copy comes. */
  acknowledge({ client_id: clientId, sequence, ticket }) {
    const item = this.unqueue(clientId);
    if (this.ticketId === null) this.adopt(ticket);
    if (!item || ticket !== this.ticketId || this.messages.has(sequence)) return;
    this.messages.set(sequence, {
      ...item, sequence, author: "customer", kind: "public", body: item.text,
      citations: [], quick_replies: [], card: {}, attachments: item.attachments,
    });
    this.isNextAfterSeen(sequence);
  }
}
