// The open widget: header, conversation, quick answers, composer. It shows a state and reports what is pressed.
import { bubble, streamBubble, unsentBubble } from "./bubbles.js";
import { consentCard, offlineNotice, ratingCard, waitingCard } from "./cards.js";
import { h, hidden, icon, reconcile } from "./dom.js";
import { day, texts } from "./texts.js";

// This near to its end, the conversation follows new messages; a reader further up is left where they are.
const NEAR_END_PIXELS = 80;
const SAME_HAND_MS = 5 * 60_000;

export class Panel {
  constructor({ mark, brandName, composer, lang, dir, api, actions }) {
    this.actions = actions;
    this.context = { lang, api, base: api.base };
    this.known = new Map();
    this.quickVersion = "";
    this.status = h("p", { role: "status" });
    this.title = h("h2", { id: "title" }, texts.title(brandName));
    this.eyeText = h("span", {});
    this.eye = h("button", { type: "button", class: "eye", "aria-pressed": "false", onclick: actions.toggleShare }, icon("eye", "s"), this.eyeText);
    const close = h("button", { type: "button", class: "icon", "aria-label": texts.close, onclick: () => actions.close() }, icon("close"));
    const header = h("header", {}, mark, h("div", { class: "grow" }, this.title, this.status), this.eye, close);
    this.log = h("div", { class: "log", role: "log", tabindex: 0, "aria-label": texts.conversation(brandName) });
    this.quick = h("div", { class: "quick row" });
    this.composer = composer;
    this.element = h("section", {
      class: "w", role: "dialog", "aria-labelledby": "title", tabindex: -1, hidden: true, dir, lang,
      onkeydown: (event) => this.key(event),
    }, header, this.log, this.quick, composer.element, h("div", { class: "dropzone", "aria-hidden": "true" }, texts.drop));
    this.listenForFiles();
  }

  listenForFiles() {
    const element = this.element;
    const has = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    element.addEventListener("dragover", (event) => {
      if (!has(event)) return;
      event.preventDefault();
      element.classList.add("dropping");
    });
    element.addEventListener("dragleave", (event) => {
      if (!element.contains(event.relatedTarget)) element.classList.remove("dropping");
    });
    element.addEventListener("drop", (event) => {
      if (!has(event)) return;
      event.preventDefault();
      element.classList.remove("dropping");
      this.composer.tray.add(event.dataTransfer.files);
    });
  }

  get fillsScreen() {
    return matchMedia("(max-width: 480px)").matches;
  }

  key(event) {
    if (event.key === "Escape" && !event.isComposing) {
      event.stopPropagation();
      this.actions.close();
    }
    if (event.key === "Tab" && this.fillsScreen) this.keepFocusInside(event);
  }

  /** On a phone the panel is all there is, so Tab goes round inside. */
  keepFocusInside(event) {
    const stops = [...this.element.querySelectorAll("a[href], button, input:not([hidden]), textarea, [tabindex='0']")]
      .filter((node) => node.getClientRects().length);
    const current = this.element.getRootNode().activeElement;
    const edge = event.shiftKey ? stops[0] : stops.at(-1);
    if (current !== edge) return;
    event.preventDefault();
    (event.shiftKey ? stops.at(-1) : stops[0]).focus();
  }

  show(takesFocus) {
    this.element.hidden = false;
    this.element.setAttribute("aria-modal", String(this.fillsScreen));
    this.scrollToEnd();
    if (!takesFocus) return;
    // On a phone the keyboard would cover the conversation before it was read.
    if (this.fillsScreen) this.element.focus();
    else this.composer.focus();
  }

  /** A button that was pressed may be gone: keep the focus, and with it Escape, inside. */
  keepFocus() {
    if (this.element.getRootNode().activeElement) return;
    if (this.fillsScreen) this.log.focus();
    else this.composer.focus();
  }

  hide() {
    this.element.hidden = true;
  }

  scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  render(state) {
    const isAtEnd = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < NEAR_END_PIXELS;
    const hadFocus = this.element.getRootNode().activeElement !== null;
    this.renderHeader(state);
    this.renderQuick(state);
    reconcile(this.log, this.entries(state), this.known);
    if (isAtEnd || state.follow) this.scrollToEnd();
    if (hadFocus && state.isOpen) this.keepFocus();
  }

  renderHeader({ ticket, isOnline, isLost, page }) {
    const words = isLost ? texts.lost : headline(ticket);
    if (this.status.textContent !== words) this.status.textContent = words;
    this.eye.classList.toggle("on", Boolean(page));
    this.eye.setAttribute("aria-pressed", String(Boolean(page)));
    this.eyeText.textContent = page ? texts.pageShared : texts.pageNotShared;
    this.element.classList.toggle("offline", !isOnline);
  }

  // ---- the conversation ----

  entries(state) {
    const { messages, outbox, ticket } = state;
    const list = [this.topEntry(state)];
    if (!messages.length && !outbox.length) list.push(["greeting", state.greeting, () => this.greeting(state)]);
    messages.forEach((message, index) => list.push(this.messageEntry(state, message, index)));
    for (const item of outbox) list.push(this.unsentEntry(state, item));
    if (state.stream || state.working.length) list.push(this.streamEntry(state));
    else if (state.isReading && !state.isLost) list.push(["reading", "1", () => h("p", { class: "sys start" }, `${texts.reading} …`)]);
    if (state.typing) list.push(["typing", state.typing, () => h("p", { class: "sys start" }, `${texts.typing(state.typing)} …`)]);
    if (isWaiting(ticket)) list.push(["waiting", ticket.team ?? "", () => waitingCard(ticket)]);
    if (state.consent) list.push(["consent", JSON.stringify(state.consent), () => consentCard(state.consent, this.actions)]);
    if (ticket?.status === "resolved") list.push(["resolved", "1", () => this.resolvedLine()]);
    if (state.asksRating) list.push(["rating", ticket.id, () => ratingCard(this.actions.rate)]);
    if (state.notice) list.push(["notice", state.notice, () => h("p", { class: "notice", role: "status" }, state.notice)]);
    if (state.isLost) list.push(this.offlineEntry(state));
    return list;
  }

  topEntry({ messages }) {
    const first = messages[0];
    const startNew = () => h("button", { type: "button", class: "link", onclick: this.actions.startNew }, texts.startNew);
    return ["top", first ? first.created_at : "", () => h("p", { class: "sys" },
      first ? [texts.started(day(first.created_at, this.context.lang)), " · ", startNew()] : texts.disclosure)];
  }

  greeting({ greeting }) {
    return h("div", { class: "m ai" }, hidden(texts.aiAgent), h("p", {}, greeting));
  }

  messageEntry(state, message, index) {
    const before = state.messages[index - 1];
    const isLast = index === state.messages.length - 1 && !state.outbox.length;
    const asks = message.card?.kind === "confirm";
    const context = {
      ...this.context, did: state.did[message.sequence], isOnline: state.isOnline,
      isOpenQuestion: asks && isLast, isFirstOfHand: !isSameHand(before, message), answer: this.actions.send,
    };
    const version = [message.id, asks && isLast, asks && isLast && state.isOnline, context.isFirstOfHand].join();
    return [`m${message.client_id || message.sequence}`, version, () => bubble(message, context)];
  }

  unsentEntry(state, item) {
    const context = { ...this.context, isOnline: state.isOnline, retry: this.actions.retry, remove: this.actions.remove };
    return [`o${item.client_id}`, [item.state, item.error, state.isOnline].join(), () => unsentBubble(item, context)];
  }

  streamEntry({ stream, working }) {
    const steps = working;
    return ["stream", JSON.stringify([stream?.text, steps]), () => streamBubble(stream, steps, this.context)];
  }

  resolvedLine() {
    return h("p", { class: "sys" }, `${texts.resolved} ${texts.resolvedMore}`);
  }

  offlineEntry({ retrySeconds, outbox }) {
    const options = { isOffline: !navigator.onLine, hasUnsent: outbox.length > 0, seconds: retrySeconds, tryNow: this.actions.tryNow };
    return ["offline", JSON.stringify(options), () => offlineNotice(options)];
  }

  // ---- one press ----

  renderQuick(state) {
    const choices = quickChoices(state);
    const version = JSON.stringify(choices);
    if (version === this.quickVersion) return;
    this.quickVersion = version;
    const button = ({ label, action, value }) => h("button", {
      type: "button", class: "btn", onclick: () => (action ? this.actions[action]() : this.actions.send(value)),
    }, label);
    const offered = choices.filter(({ action }) => !action).map(button);
    // What is always possible stands apart on small screens, where the offers scroll.
    this.quick.replaceChildren(h("div", { class: "offers" }, offered), ...choices.filter(({ action }) => action).map(button));
    this.quick.hidden = !choices.length;
  }
}

/** Who answers, in the header. */
export function headline(ticket) {
  if (ticket?.handler !== "person" || ticket.status === "resolved") return ticket?.is_being_checked ? texts.personChecks : texts.aiAnswers;
  return ticket.agent_name ? texts.personFrom(ticket.agent_name, ticket.team) : texts.waitsForPerson;
}

function isWaiting(ticket) {
  return ticket?.handler === "person" && !ticket.agent_name && ticket.status !== "resolved";
}

function isSameHand(before, message) {
  return before?.author === message.author && before.author_name === message.author_name
    && Date.parse(message.created_at) - Date.parse(before.created_at) < SAME_HAND_MS;
}

function quickChoices({ messages, outbox, ticket, suggestions, hasAskedPerson }) {
  const last = outbox.length ? null : messages.findLast((message) => message.author !== "system");
  const offered = last?.author === "customer" ? [] : (last?.quick_replies ?? []);
  // The same offer of the server's would stand beside the button that is always there.
  const choices = offered.filter(({ label }) => label !== texts.talkToPerson).map(({ label, value }) => ({ label, value: value || label }));
  if (!messages.length && !outbox.length) choices.push(...suggestions.map((label) => ({ label, value: label })));
  if (ticket?.status === "resolved") choices.push({ label: texts.newConversation, action: "startNew" });
  else if (ticket?.handler !== "person" && !hasAskedPerson) choices.push({ label: texts.talkToPerson, action: "askPerson" });
  return choices;
}
