// One message as nodes: whose hand it is shows in its rail, its facts carry their sources, its card says what happens.
import { attachmentLink } from "./attachments.js";
import { h, hidden, icon } from "./dom.js";
import { blocks, plain, safeLink } from "./markdown.js";
import { doneStep, texts, time } from "./texts.js";

/** The steps taken for an answer, said in words; the last one is still going on unless `isDone`. */
export function didLine(steps, isDone) {
  const over = (isDone ? steps : steps.slice(0, -1)).map(doneStep).filter(Boolean);
  const now = isDone ? [] : steps.slice(-1);
  if (!over.length && !now.length) return null;
  return h("p", { class: "did" }, over.map((step) => h("span", {}, icon("check", "s"), step)),
    now.map((step) => h("span", {}, icon("clock", "s"), `${step} …`)));
}

function sourceItem(citation, base) {
  const href = citation.url ? safeLink(citation.url, base) : null;
  const title = href ? h("a", { href, target: "_blank", rel: "noopener" }, citation.title, hidden(texts.opensTab)) : citation.title;
  return h("li", { tabindex: -1, "data-number": citation.number },
    h("span", { class: "cite", "aria-hidden": "true" }, citation.number),
    h("span", {}, title, citation.quote ? h("q", {}, citation.quote) : null));
}

function openSource(event, number) {
  const message = event.currentTarget.closest(".m");
  for (const item of message.querySelectorAll(".sources li")) item.classList.toggle("open", item.dataset.number === String(number));
  message.querySelector(".sources li.open")?.focus();
}

function citer(citations) {
  const titles = new Map(citations.map((citation) => [citation.number, citation.title]));
  return {
    has: (number) => titles.has(number),
    mark: (number) => h("button", {
      type: "button", class: "cite", "aria-label": texts.source(number, titles.get(number)), onclick: (event) => openSource(event, number),
    }, number),
  };
}

function rows(card) {
  if (!card.rows?.length) return null;
  return h("dl", {}, card.rows.map((row) => h("div", {}, h("dt", {}, row.label), h("dd", {}, h("bdi", {}, row.value)))));
}

function answers(card, { answer, isOnline }) {
  const button = (words, kind) => h("button", {
    type: "button", class: `btn ${kind}`, "aria-disabled": !isOnline && "true", onclick: () => isOnline && answer(words),
  }, words);
  return [
    h("p", { class: "row" }, button(card.yes, "primary grow"), button(card.no, "")),
    isOnline ? null : h("p", { class: "soft small", role: "status" }, texts.needsConnection),
  ];
}

function confirmCard(card, context) {
  return h("div", { class: "ask", role: "group", "aria-label": card.title },
    h("p", { class: "big" }, card.title), rows(card),
    context.isOpenQuestion ? answers(card, context) : null,
    card.note ? h("p", { class: "soft small" }, card.note) : null);
}

function resultCard(card) {
  return h("div", { class: "result", role: "group", "aria-label": card.title },
    h("p", { class: "done" }, icon("check"), h("b", {}, card.title)), rows(card),
    card.note ? h("p", { class: "soft small" }, card.note) : null);
}

function cardOf(message, context) {
  if (message.card?.kind === "confirm") return confirmCard(message.card, context);
  return message.card?.kind === "result" ? resultCard(message.card) : null;
}

function files(message, api) {
  return message.attachments?.length ? h("div", { class: "files" }, message.attachments.map((file) => attachmentLink(file, api))) : null;
}

function aiMessage(message, context) {
  const citations = message.citations ?? [];
  const body = blocks(message.body, { base: context.base, cite: citer(citations) });
  const steps = context.did?.length ? didLine(context.did, true) : null;
  const sources = citations.length
    ? h("ol", { class: "sources", "aria-label": texts.sources }, citations.map((c) => sourceItem(c, context.base))) : null;
  const card = cardOf(message, context);
  const text = h("div", { class: "m ai" }, hidden(texts.aiAgent), steps, body, files(message, context.api), sources);
  return card ? h("div", { class: "group" }, message.body ? text : null, card) : text;
}

function personMessage(message, context) {
  const by = h("p", { class: "by" }, h("span", { class: "who", "aria-hidden": "true" }, message.author_initials), message.author_name);
  return h("div", { class: "m person" }, context.isFirstOfHand ? by : hidden(`${message.author_name}: `),
    blocks(message.body, { base: context.base, linkify: true }), files(message, context.api));
}

function ownMessage(message, context) {
  return h("div", { class: "m me" }, hidden(texts.you), plain(message.body), files(message, context.api));
}

function eventLine(message, context) {
  return h("p", { class: "sys" }, message.body, " · ", h("time", { datetime: message.created_at }, time(message.created_at, context.lang)));
}

const MAKERS = { ai_agent: aiMessage, agent: personMessage, customer: ownMessage, system: eventLine };

/**
 * Make a message.
 *
 * context: api, base, lang, did (steps in words), isFirstOfHand, isOpenQuestion (its card waits for an answer),
 * isOnline, answer(text).
 */
export function bubble(message, context) {
  const node = (MAKERS[message.author] ?? eventLine)(message, context);
  node.dataset.sequence = message.sequence;
  return node;
}

/** A message that the server has not confirmed yet. */
export function unsentBubble(item, { api, isOnline, retry, remove }) {
  const note = item.state === "failed"
    ? h("small", { class: "poor" }, icon("warning", "s"), item.error || texts.notSent)
    : h("small", {}, icon("clock", "s"), isOnline ? texts.sending : texts.waitsForConnection);
  const actions = item.state === "failed" && h("p", { class: "row" },
    h("button", { type: "button", class: "link", onclick: () => retry(item) }, texts.tryAgain),
    h("button", { type: "button", class: "link", onclick: () => remove(item) }, texts.delete));
  return h("div", { class: `m me ${isOnline && item.state !== "failed" ? "" : "unsent"}` },
    hidden(texts.you), plain(item.text), files(item, api), note, actions);
}

// While an answer is written, its sources are not there yet: the numbers stand alone.
const NUMBERS = { has: () => true, mark: (number) => h("span", { class: "cite" }, number) };

/** An answer that is still being written, in whole sentences. */
export function streamBubble(stream, steps, context) {
  const body = blocks(stream?.text ?? "", { base: context.base, cite: NUMBERS });
  const last = body.at(-1);
  if (last) (last.lastElementChild?.tagName === "LI" ? last.lastElementChild : last).append(h("span", { class: "caret", "aria-hidden": "true" }));
  return h("div", { class: "m ai", "aria-live": "off" }, steps.length ? didLine(steps, Boolean(last)) : null, body);
}
