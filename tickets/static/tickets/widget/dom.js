// Elements without markup strings: what a server or a customer wrote only ever becomes text nodes.

const PATHS = {
  attach: ["M12.8 7.4 8 12.2a3 3 0 0 1-4.2-4.2l5-5a2 2 0 0 1 2.8 2.8l-5 5a1 1 0 0 1-1.4-1.4l4.4-4.4"],
  check: ["m3 8.5 3.2 3.2L13 5"],
  clock: ["M8 2.25a5.75 5.75 0 1 0 0 11.5 5.75 5.75 0 1 0 0-11.5", "M8 4.8V8l2.2 1.6"],
  close: ["m4 4 8 8M12 4l-8 8"],
  dot: ["M8 8h.01"],
  eye: ["M1.6 8S4 3.8 8 3.8 14.4 8 14.4 8 12 12.2 8 12.2 1.6 8 1.6 8Z", "M8 6.1a1.9 1.9 0 1 0 0 3.8 1.9 1.9 0 1 0 0-3.8"],
  file: ["M4 2.2h5l3 3v8.6H4Z", "M9 2.2v3h3"],
  lock: ["M4 7.2h8v6H4ZM5.7 7.2V5a2.3 2.3 0 0 1 4.6 0v2.2"],
  power: ["M8 2.2v5M4.5 4.2a5.3 5.3 0 1 0 7 0"],
  send: ["M8 13.2V3M3.8 7.2 8 3l4.2 4.2"],
  warning: ["M8 2.6 14 13H2Z", "M8 6.6v2.8M8 11.4v.01"],
};

/** Make an element; `on*` are listeners, `true` and `false` set and leave out an attribute, the rest is text. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === false || value === null || value === undefined) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value") node.value = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/** Draw one of the icons on the 16 px grid; it is never the only carrier of a meaning. */
export function icon(name, size = "") {
  const make = (tag) => document.createElementNS("http://www.w3.org/2000/svg", tag);
  const node = make("svg");
  const attributes = {
    viewBox: "0 0 16 16", fill: "none", stroke: "currentColor", "stroke-width": 1.5,
    "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true", class: `ic ${size}`,
  };
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  for (const d of PATHS[name]) {
    const path = make("path");
    path.setAttribute("d", d);
    node.append(path);
  }
  return node;
}

/** Text for screen readers alone. */
export function hidden(text) {
  return h("span", { class: "vh" }, text);
}

/**
 * Bring a parent's children in line with `entries` ([key, version, make]): what has the same key and version
 * stays the same node, so that a live region announces only what is new and the focus stays where it is.
 */
export function reconcile(parent, entries, known) {
  const wanted = new Set(entries.map(([key]) => key));
  for (const [key, { node }] of known) {
    if (wanted.has(key)) continue;
    node.remove();
    known.delete(key);
  }
  let before = parent.firstChild;
  for (const [key, version, make] of entries) {
    const old = known.get(key);
    if (old?.version === version) {
      if (old.node === before) before = before.nextSibling;
      else parent.insertBefore(old.node, before);
      continue;
    }
    const node = make();
    known.set(key, { version, node });
    if (old) {
      if (old.node === before) before = before.nextSibling;
      old.node.replaceWith(node);
      if (node.nextSibling !== before) parent.insertBefore(node, before);
    } else {
      parent.insertBefore(node, before);
    }
  }
}
