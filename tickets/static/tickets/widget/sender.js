// Sends what waits in the outbox, one message after the other, over the socket or by HTTP.

const ACK_MS = 15_000;
const NETWORK_AGAIN_MS = 3_000;
const LIMIT_AGAIN_MS = 10_000;

export class Sender {
  /** callbacks: acknowledged(frame), sessionEnded(), changed(). */
  constructor(store, connection, api, callbacks) {
    Object.assign(this, { store, connection, api, callbacks });
    this.inFlight = null;
    this.sentTo = null;
    this.timers = {};
  }

  /** Forget what is under way: the line broke, so it will be sent again with the same id. */
  reset() {
    this.inFlight = null;
    Object.values(this.timers).forEach(clearTimeout);
  }

  /** Send the oldest unsent message; the next one goes when this one is confirmed. */
  pump() {
    if (this.inFlight || !this.connection.isOnline) return;
    const item = this.store.next;
    if (!item) return;
    this.inFlight = item.client_id;
    const message = {
      client_id: item.client_id, ticket: item.ticket ?? this.store.ticketId, text: item.text,
      attachments: item.attachments.map(({ id }) => id), ...(item.page && { page: item.page }),
    };
    this.sentTo = message.ticket;
    clearTimeout(this.timers.ack);
    if (this.connection.send({ type: "message", ...message })) this.timers.ack = setTimeout(() => this.unconfirmed(), ACK_MS);
    else this.api.postMessage(message).then((ack) => this.callbacks.acknowledged(ack), (error) => this.failed(item.client_id, error));
  }

  pumpLater(milliseconds) {
    clearTimeout(this.timers.pump);
    this.timers.pump = setTimeout(() => this.pump(), milliseconds);
  }

  /** No answer came: the line is dead, whatever the socket says. */
  unconfirmed() {
    this.inFlight = null;
    this.connection.drop();
    this.connection.lose();
  }

  confirmed(frame) {
    clearTimeout(this.timers.ack);
    this.inFlight = null;
    this.store.acknowledge(frame);
    this.pump();
  }

  /** Was it sent to a conversation that is gone? Then what was said in it begins a new one; true when it can be sent again. */
  outlives(clientId, ticket) {
    if (!ticket) return false;
    if (this.store.ticketId === ticket) this.store.lose(ticket);
    const item = this.store.outbox.find((waiting) => waiting.client_id === clientId);
    return Boolean(item) && item.ticket !== ticket;
  }

  /** Try again where that can help; else the message stays, marked, with what the server said. */
  failed(clientId, error) {
    clearTimeout(this.timers.ack);
    this.inFlight = null;
    if (error.code === "network") this.pumpLater(NETWORK_AGAIN_MS);
    else if (error.code === "too_many_requests") this.pumpLater(error.retryAfter * 1000 || LIMIT_AGAIN_MS);
    else if (error.code === "session_expired") this.callbacks.sessionEnded();
    else if (error.code === "not_found" && this.outlives(clientId, this.sentTo)) this.pump();
    else {
      this.store.patch(clientId, { state: "failed", error: error.message });
      this.pump();
    }
    this.callbacks.changed();
  }
}
