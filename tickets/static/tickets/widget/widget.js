// The loader: a labelled launcher in a shadow root of its own. Everything else is imported when it is opened.
//
//   <script src="https://support.example/widget/widget.js" data-brand="fernway" async></script>
//
// Before it has loaded, calls wait in an array: window.supportai ??= []; supportai.push(["identify", jwt]).
(() => {
  const queued = Array.isArray(window.supportai) ? window.supportai : [];
  if (window.supportai && window.supportai.boot) return;

  const script = document.currentScript;
  const VERSION = "__VERSION__";
  const CSS = `
    :host { all: initial !important; color-scheme: light dark !important; --brand: #14201c;
      --surface: light-dark(#ffffff, #161e1b); --sunken: light-dark(#e8ece8, #26312d); --ink: light-dark(#14201c, #e8eeeb);
      --ink-2: light-dark(#3f4c47, #b7c3bd); --ink-3: light-dark(#56635e, #98a69f); --link: light-dark(#1a46b5, #a3bbff);
      --line-strong: light-dark(#7b8983, #74857d); --sans: system-ui, -apple-system, "Segoe UI", Roboto, Inter, "Noto Sans", "Noto Sans Arabic", sans-serif;
      --shadow: 0 1px 2px light-dark(rgb(20 32 28 / 0.08), rgb(0 0 0 / 0.5)), 0 12px 32px light-dark(rgb(20 32 28 / 0.14), rgb(0 0 0 / 0.55)); }
    :host([data-theme="light"]) { color-scheme: light !important; } :host([data-theme="dark"]) { color-scheme: dark !important; }
    .launch { all: unset; box-sizing: border-box; position: fixed; z-index: 2147483000; inset-block-end: 20px; inset-inline-end: 20px;
      display: flex; align-items: center; gap: 10px; min-block-size: 52px; padding: 8px 14px; border: 1px solid var(--line-strong);
      border-radius: 12px; background: var(--surface); color: var(--ink); box-shadow: var(--shadow); font: 620 14px/1.3 var(--sans);
      text-align: start; cursor: pointer; -webkit-user-select: none; user-select: none; }
    .launch:hover { background: var(--sunken); } .launch:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
    .launch[hidden] { display: none; }
    .launch svg { inline-size: 22px; block-size: 22px; flex: none; color: light-dark(var(--brand), var(--ink)); }
    .launch small { display: block; font-size: 11px; font-weight: 400; color: var(--ink-2); }
    .launch kbd { padding: 1px 4px; border: 1px solid color-mix(in srgb, currentColor 35%, transparent); border-radius: 3px;
      font: 500 10.5px/13px var(--sans); color: var(--ink-3); }
    @media (max-width: 720px), (hover: none) { .launch kbd { display: none; } }
    @media print { .launch { display: none; } }`;

  const options = { ...script.dataset, base: new URL(".", script.src).href };
  const listeners = new Map();
  let host = null;
  let button = null;
  let hint = null;
  let loading = null;
  let app = null;

  const storage = () => `supportai:${options.brand}`;

  function emit(name, detail) {
    for (const listener of listeners.get(name) ?? []) listener(detail);
  }

  function svg(tag, attributes, ...children) {
    const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  }

  function mark() {
    return svg("svg", { viewBox: "0 0 20 20", fill: "none", stroke: "currentColor", "stroke-width": 2, "aria-hidden": "true" },
      svg("path", { d: "M4 2v16" }), svg("path", { d: "M16 2v16", "stroke-dasharray": "2.6 2.1" }), svg("path", { d: "M4 10h12" }));
  }

  function build() {
    host = document.createElement("supportai-widget");
    if (options.theme === "light" || options.theme === "dark") host.dataset.theme = options.theme;
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
    root.adoptedStyleSheets = [sheet];
    button = document.createElement("button");
    button.type = "button";
    button.className = "launch";
    button.setAttribute("aria-haspopup", "dialog");
    button.setAttribute("aria-expanded", "false");
    button.setAttribute("aria-keyshortcuts", "Alt+H");
    button.dir = document.documentElement.dir || "auto";
    const words = document.createElement("span");
    hint = document.createElement("small");
    words.append(options.label || "Help", hint);
    const key = document.createElement("kbd");
    key.setAttribute("aria-hidden", "true");
    key.textContent = "Alt H";
    button.append(mark(), words, key);
    button.addEventListener("click", () => api.open());
    root.append(button);
    launcher.say();
    document.body.append(host);
  }

  // What the rest of the widget may do with the launcher.
  const launcher = {
    /** Show words under the label; without words, the usual ones. */
    say(words) {
      hint.textContent = words || options.hint || "answers now";
    },
    /** Hide it while the panel is open; give it the focus when the panel closes. */
    shown(isShown, takesFocus) {
      button.hidden = !isShown;
      button.setAttribute("aria-expanded", String(!isShown));
      if (isShown && takesFocus) button.focus();
    },
  };

  async function load() {
    const slow = setTimeout(() => launcher.say("Loading …"), 400);
    try {
      const at = new URL(`v/${VERSION}/app.js`, options.base).href;
      const { start } = await import(at);
      const started = await start({ host, options, launcher, emit, mark });
      launcher.say();
      return started;
    } catch (error) {
      loading = null;
      launcher.say("Could not load, try again");
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  function wasOpen() {
    try {
      return sessionStorage.getItem(`${storage()}:open`) === "1";
    } catch {
      return false;
    }
  }

  const api = {
    /** Put the launcher on the page; called by the script tag itself unless it says data-boot="manual". */
    boot(more = {}) {
      Object.assign(options, more);
      if (host) return;
      build();
      if (wasOpen()) api.open({ focus: false });
    },
    /** Say who is signed in: a JWT from your server, or "" after they signed out. */
    identify(jwt) {
      if (options.identity === jwt) return;
      options.identity = jwt;
      app?.identify(jwt);
    },
    async open(how = {}) {
      if (!host) return;
      loading ??= load();
      try {
        app = await loading;
      } catch {
        return; // the launcher says so, and the next press tries again
      }
      app.open(how);
    },
    close() {
      app?.close();
    },
    /** Listen to "open", "close", "message", "ticket" or "expired" (identify again); returns a function that stops listening. */
    on(name, listener) {
      if (!listeners.has(name)) listeners.set(name, new Set());
      listeners.get(name).add(listener);
      return () => listeners.get(name).delete(listener);
    },
    /** Take the widget off the page and forget the conversation in this browser; call it at sign-out. */
    async shutdown() {
      const running = loading;
      loading = null;
      (await running?.catch(() => null))?.shutdown();
      app = null;
      host?.remove();
      host = null;
      options.identity = "";
      for (const area of ["localStorage", "sessionStorage"]) {
        try {
          for (const key of Object.keys(window[area])) if (key.startsWith(storage())) window[area].removeItem(key);
        } catch {
          // storage is blocked here, so there is nothing to forget
        }
      }
    },
    push(...calls) {
      for (const [name, ...rest] of calls) api[name]?.(...rest);
    },
  };

  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.code !== "KeyH" || !host) return;
    event.preventDefault();
    if (button.hidden) api.close();
    else api.open();
  });

  window.supportai = api;
  const begin = () => {
    if (options.boot !== "manual") api.boot();
    api.push(...queued);
  };
  if (document.body) begin();
  else document.addEventListener("DOMContentLoaded", begin);
})();
