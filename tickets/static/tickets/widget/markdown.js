// The small Markdown subset of answers, built as nodes: paragraphs, lists, code, emphasis, links, [n] marks.
import { h } from "./dom.js";

const ITEM = /^\s*(?:[-*•]|(\d{1,3})[.)])\s+(.*)$/;
const HEADING = /^#{1,6}\s+(.*)$/;
const FENCE = /^\s*```/;
// In this order: `code`, **bold**, *emphasis*, [words](address), [1] or [1, 2].
const INLINE = /`([^`\n]+)`|\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?!\w)|\[([^\]\n]+)\]\(((?:[^\s()]|\([^\s()]*\))+)\)|\[(\d{1,2}(?:\s*,\s*\d{1,2})*)\]/g;
const BARE_LINK = /https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?]/g;

/** Give the absolute address when it is http(s) or relative to `base`, else null: no javascript:, no data:. */
export function safeLink(address, base) {
  try {
    const url = new URL(address, base);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : null;
  } catch {
    return null;
  }
}

function link(words, address, base) {
  const href = safeLink(address, base);
  return href ? h("a", { href, target: "_blank", rel: "noopener noreferrer" }, words) : words;
}

function withBareLinks(text, options) {
  if (!options.linkify) return [text];
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(BARE_LINK)) {
    parts.push(text.slice(from, match.index), link(match[0], match[0], options.base));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

/** Give the marks of `1` or `1, 2`, or null when one of them has no source. */
function marks(numbers, options) {
  const list = numbers?.split(",").map((part) => Number(part.trim()));
  return list && options.cite && list.every((number) => options.cite.has(number)) ? list.map((number) => options.cite.mark(number)) : null;
}

/** Turn one line's marks into nodes. */
export function inline(text, options) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, bold, emphasis, words, address, numbers] = match;
    const cites = marks(numbers, options);
    const between = text.slice(from, match.index);
    // A mark stays with the word before it.
    parts.push(...withBareLinks(cites ? between.replace(/\s+$/, "\u00a0") : between, options));
    if (code !== undefined) parts.push(h("code", {}, code));
    else if (bold !== undefined) parts.push(h("b", {}, ...inline(bold, options)));
    else if (emphasis !== undefined) parts.push(h("em", {}, emphasis));
    else if (numbers !== undefined) parts.push(...(cites ?? [whole]));
    else parts.push(link(words, address, options.base));
    from = match.index + whole.length;
  }
  parts.push(...withBareLinks(text.slice(from), options));
  return parts;
}

function withBreaks(lines, options) {
  return lines.flatMap((line, index) => (index ? [h("br"), ...inline(line, options)] : inline(line, options)));
}

function isPlain(line) {
  return line.trim() !== "" && !ITEM.test(line) && !HEADING.test(line) && !FENCE.test(line);
}

function addCode(entry, lines, at) {
  const [node, next] = takeCode(lines, at);
  entry.append(node);
  return next;
}

function takeList(lines, at, options) {
  const first = ITEM.exec(lines[at]);
  const isOrdered = first[1] !== undefined;
  const list = h(isOrdered ? "ol" : "ul", { class: "steps", start: isOrdered && first[1] !== "1" ? first[1] : null });
  let index = at;
  while (index < lines.length) {
    const item = ITEM.exec(lines[index]);
    if (!item || (item[1] !== undefined) !== isOrdered) break;
    const entry = h("li", {});
    index += 1;
    if (FENCE.test(item[2])) index = addCode(entry, lines, index - 1);
    else entry.append(...inline(item[2], options));
    // An indented line goes on with the item above it, and so does code.
    while (index < lines.length && /^\s{2,}\S/.test(lines[index]) && (isPlain(lines[index]) || FENCE.test(lines[index]))) {
      if (FENCE.test(lines[index])) index = addCode(entry, lines, index);
      else {
        if (entry.lastChild?.nodeName !== "PRE") entry.append(h("br"));
        entry.append(...inline(lines[index++].trim(), options));
      }
    }
    list.append(entry);
    if (lines[index]?.trim() === "" && ITEM.test(lines[index + 1] ?? "")) index += 1;
  }
  return [list, index];
}

/** Code is moved to the left by what all of its lines are indented; only as many marks as opened it end it. */
function takeCode(lines, at) {
  const mark = /`{3,}/.exec(lines[at])[0];
  let end = at + 1;
  while (end < lines.length && !(lines[end].trim().startsWith(mark) && /^\s*`+\s*$/.test(lines[end]))) end += 1;
  const code = lines.slice(at + 1, end);
  const indent = Math.min(...code.filter((line) => line.trim()).map((line) => line.search(/\S/)));
  return [h("pre", { tabindex: 0 }, h("code", {}, code.map((line) => line.slice(Math.min(indent, line.length))).join("\n"))), end + 1];
}

function takeParagraph(lines, at, options) {
  let end = at + 1;
  while (end < lines.length && isPlain(lines[end])) end += 1;
  return [h("p", {}, ...withBreaks(lines.slice(at, end), options)), end];
}

/**
 * Turn a body into block nodes.
 *
 * options: base (address that links are relative to), linkify (make links of bare addresses),
 * cite ({has(number), mark(number) -> node}).
 */
export function blocks(body, options) {
  const lines = body.replace(/\r\n?/g, "\n").split("\n");
  const nodes = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    let node = null;
    if (line.trim() === "") at += 1;
    else if (FENCE.test(line)) [node, at] = takeCode(lines, at);
    else if (HEADING.test(line)) {
      node = h("p", {}, h("b", {}, ...inline(HEADING.exec(line)[1], options)));
      at += 1;
    } else if (ITEM.test(line)) [node, at] = takeList(lines, at, options);
    else [node, at] = takeParagraph(lines, at, options);
    if (node) nodes.push(node);
  }
  return nodes;
}

/** Plain text as paragraphs: what customers write is shown as they wrote it. */
export function plain(body) {
  return body.split(/\n{2,}/).map((part) => h("p", {}, part.split("\n").flatMap((line, i) => (i ? [h("br"), line] : [line]))));
}
