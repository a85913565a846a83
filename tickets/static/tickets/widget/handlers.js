// What the server may say, and what the panel makes of it.
import { texts } from "./texts.js";

/** By frame type: (app, frame). Frames of other conversations of the same customer are left to the tabs that show them. */
export const HANDLERS = {
  welcome(app, { ticket, messages }) {
    if (ticket && app.store.ticketId && ticket.id !== app.store.ticketId) return;
    app.refusals = 0;
    // What was asked for is gone, or was somebody else's; another tab may have moved on meanwhile.
    if (!ticket && app.askedFor && app.askedFor === app.store.ticketId) app.store.lose(app.askedFor);
    if (ticket) {
      app.store.setTicket(ticket);
      app.arrived(messages);
      app.store.seen = Math.max(app.store.seen, ticket.last_sequence);
    }
    app.store.keep();
    app.sender.pump();
    app.render();
  },
  ack(app, frame) {
    app.acknowledged(frame);
  },
  message(app, { ticket, message }) {
    if (!app.store.ticketId && app.store.unqueue(message.client_id)) app.store.adopt(ticket);
    if (ticket !== app.store.ticketId) return;
    const isWhole = app.store.isNextAfterSeen(message.sequence);
    app.arrived([message]);
    if (!isWhole) app.resync();
    app.store.keep();
    app.render();
  },
  working(app, { ticket, text }) {
    if (ticket !== app.store.ticketId) return;
    clearTimeout(app.timers.reading);
    if (app.store.working.at(-1) !== text) app.store.working.push(text);
    app.update({ isReading: false });
  },
  stream(app, frame) {
    if (frame.ticket !== app.store.ticketId) return;
    app.store.stream = frame.discard ? null : frame;
    app.update({ isReading: false });
  },
  ticket(app, { ticket }) {
    // Asking for a person without having written before opens a conversation.
    if (!app.store.ticketId && app.view.hasAskedPerson) app.store.adopt(ticket.id);
    if (ticket.id !== app.store.ticketId) return;
    if (app.store.ticket?.csat_asked && ticket.status === "resolved" && !ticket.csat_asked) app.rated();
    app.store.setTicket(ticket);
    if (ticket.handler === "person") Object.assign(app.store, { working: [], stream: null });
    if (ticket.status === "resolved") app.view.typing = "";
    if (ticket.handler === "ai_agent") app.view.hasAskedPerson = false;
    if (ticket.last_sequence > app.store.seen) app.resync();
    app.store.keep();
    app.emit("ticket", ticket);
    app.render();
  },
  typing(app, { who, ticket }) {
    if (!ticket || ticket === app.store.ticketId) app.typed(who);
  },
  pong(app, frame) {
    if (frame.last_sequence > app.store.seen) app.resync();
  },
  error(app, { code, text, client_id: clientId, retry_after: retryAfter }) {
    if (clientId) app.sender.failed(clientId, { code, message: text, retryAfter });
    else app.update({ notice: text || texts.failed, hasAskedPerson: false });
  },
};
