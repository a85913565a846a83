// What stands in the conversation without being a message: waiting for a person, consent, rating, lost connection.
import { h, icon } from "./dom.js";
import { texts } from "./texts.js";

/** Nothing is claimed that is not known: who was asked, and that the window may be closed. */
export function waitingCard(ticket) {
  const who = ticket.team ? texts.personTeam(ticket.team) : texts.personAny;
  return h("div", { class: "handed" },
    h("p", {}, h("b", {}, texts.personTitle)),
    h("p", { class: "soft" }, `${who} ${texts.personStay}`),
    h("p", { class: "soft small" }, texts.personKnows));
}

/** Show the very values that would be shared, and two equal answers. */
export function consentCard(page, { share, decline }) {
  const row = (label, value) => h("div", {}, h("dt", {}, label), h("dd", {}, h("bdi", {}, value)));
  return h("div", { class: "see", role: "group", "aria-label": texts.seeTitle },
    h("h3", {}, texts.seeTitle),
    h("dl", {}, row(texts.seePage, page.title), row(texts.seeAddress, page.url),
      page.headings.length ? row(texts.seeHeadings, page.headings.join(", ")) : null),
    h("p", { class: "never" }, icon("lock", "s"), h("span", {}, h("b", {}, texts.never), ` ${texts.seeNever}`)),
    h("p", { class: "row" },
      h("button", { type: "button", class: "btn primary grow", onclick: share }, texts.share),
      h("button", { type: "button", class: "btn", onclick: decline }, texts.justChat)),
    h("p", { class: "soft small" }, texts.shareEnds));
}

/** Say what holds and what happens next; `seconds` until the next try, 0 while trying. */
export function offlineNotice({ isOffline, hasUnsent, seconds, tryNow }) {
  return h("p", { class: "notice" }, icon("power"),
    h("span", {}, h("b", {}, isOffline ? texts.offline : texts.unreachable), " ",
      h("span", { "aria-live": "off" }, seconds > 0 ? texts.retryIn(seconds) : texts.retrying), " ",
      hasUnsent ? `${texts.kept} ` : "",
      h("button", { type: "button", class: "link", onclick: tryNow }, texts.tryNow)));
}

/** Five words from bad to great; money never hangs on it, so one press and a comment are enough. */
export function ratingCard(send) {
  const comment = h("textarea", { class: "comment", rows: 2, maxlength: 2000, "aria-label": texts.csatComment, placeholder: texts.csatComment });
  const submit = h("button", { type: "submit", class: "btn primary" }, texts.csatSend);
  const more = h("div", { class: "more", hidden: true }, comment, submit);
  const scores = texts.csatScores.map((word, index) => h("label", {},
    h("input", { type: "radio", name: "score", value: index + 1, required: true, onchange: () => { more.hidden = false; more.closest("form").scrollIntoView({ block: "end" }); } }), h("span", {}, word)));
  return h("form", { class: "rate", onsubmit: (event) => {
    event.preventDefault();
    send(Number(new FormData(event.target).get("score")), comment.value.trim());
  } }, h("fieldset", {}, h("legend", {}, texts.csatTitle), h("div", { class: "scores" }, scores)), more);
}
