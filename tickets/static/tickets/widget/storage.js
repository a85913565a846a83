// What a browser keeps between reloads and shares between tabs. Where storage is blocked, memory does.

const memory = new Map();

function areaOf(kind) {
  try {
    return window[kind];
  } catch {
    return null;
  }
}

/** Read and write JSON under a prefix in `localStorage` (all tabs) or `sessionStorage` (this tab). */
export class Drawer {
  constructor(kind, prefix) {
    this.area = areaOf(kind);
    this.prefix = prefix;
  }

  get(name, otherwise = null) {
    const key = `${this.prefix}:${name}`;
    try {
      const text = this.area ? this.area.getItem(key) : memory.get(key);
      return text ? JSON.parse(text) : otherwise;
    } catch {
      return otherwise;
    }
  }

  set(name, value) {
    const key = `${this.prefix}:${name}`;
    const text = JSON.stringify(value);
    try {
      if (!this.area) throw new Error("blocked");
      this.area.setItem(key, text);
    } catch {
      memory.set(key, text); // blocked or full: this page still works
    }
  }

  remove(name) {
    const key = `${this.prefix}:${name}`;
    memory.delete(key);
    try {
      this.area?.removeItem(key);
    } catch {
      // blocked: it was only in memory
    }
  }

  /** Call back with a name when another tab changed it. */
  watch(callback, signal) {
    const listener = (event) => {
      if (event.storageArea === this.area && event.key?.startsWith(`${this.prefix}:`)) callback(event.key.slice(this.prefix.length + 1));
    };
    window.addEventListener("storage", listener, { signal });
  }
}

/** Make a UUID, also on pages without a secure context, where `randomUUID` is missing. */
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
