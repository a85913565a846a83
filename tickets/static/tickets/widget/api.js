// The widget's HTTP side: the session, uploads, and everything else where websockets do not get through.

/** A refusal or a failure; `code` is the server's, or "network" when nobody answered. */
export class ApiError extends Error {
  constructor(code, message, { status = 0, retryAfter = 0 } = {}) {
    super(message);
    this.code = code;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export class Api {
  constructor(base) {
    this.base = base;
    this.token = "";
  }

  async call(method, path, { body, form, query, signal } = {}) {
    const url = new URL(path, this.base);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    const headers = {};
    if (this.token && path !== "session") headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    let response;
    try {
      response = await fetch(url, {
        method, headers, signal, body: form ?? (body ? JSON.stringify(body) : undefined),
        credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer",
      });
    } catch (error) {
      if (error.name === "AbortError") throw error;
      throw new ApiError("network", String(error));
    }
    const data = await response.json().catch(() => ({}));
    if (response.ok) return data;
    const retryAfter = Number(data.retry_after ?? response.headers.get("Retry-After") ?? 0);
    throw new ApiError(data.code ?? "error", data.title ?? response.statusText, { status: response.status, retryAfter });
  }

  openSession(brand, identity, session) {
    return this.call("POST", "session", { body: { brand, ...(identity && { identity }), ...(session && { session }) } });
  }

  postMessage(message) {
    return this.call("POST", "messages", { body: message });
  }

  messages({ ticket, after, wait, signal }) {
    return this.call("GET", "messages", { query: { ticket, after, wait }, signal });
  }

  upload(file, signal) {
    const form = new FormData();
    form.append("file", file, file.name || "screenshot.png");
    return this.call("POST", "attachments", { form, signal });
  }

  attachment(id) {
    return this.call("GET", `attachments/${id}`);
  }

  askPerson(ticket) {
    return this.call("POST", "person", { body: { ticket } });
  }

  rate(ticket, score, comment) {
    return this.call("POST", "csat", { body: { ticket, score, comment } });
  }
}
