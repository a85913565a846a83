// Files on their way: picked, pasted or dropped, uploaded at once, sent with the next message.
import { h, icon } from "./dom.js";
import { size, texts } from "./texts.js";

const THUMBNAIL_PIXELS = 160;
const MOST_FILES = 5;

/** Draw a picture small on a canvas: pages with a strict policy allow no foreign image, but this. */
async function drawInto(canvas, blob) {
  const bitmap = await createImageBitmap(blob);
  const scale = Math.min(1, THUMBNAIL_PIXELS / Math.max(bitmap.width, bitmap.height));
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
}

function thumbnail(name, getBlob) {
  const canvas = h("canvas", { class: "thumb", role: "img", "aria-label": name, width: 1, height: 1 });
  getBlob().then((blob) => drawInto(canvas, blob)).catch(() => canvas.remove());
  return canvas;
}

/** Show a file that came with a message; its address is asked for when it is needed, since addresses expire. */
export function attachmentLink(attachment, api) {
  const save = async (event) => {
    event.preventDefault();
    const { url } = await api.attachment(attachment.id);
    h("a", { href: new URL(url, api.base), download: attachment.name, target: "_blank", rel: "noopener" }).click();
  };
  const fetchPicture = async () => (await fetch(new URL((await api.attachment(attachment.id)).url, api.base), { credentials: "omit" })).blob();
  const picture = attachment.content_type?.startsWith("image/") && thumbnail(attachment.name, fetchPicture);
  return h("button", { type: "button", class: "file", onclick: save }, picture,
    h("span", {}, icon("file", "s"), h("bdi", {}, attachment.name), h("span", { class: "soft" }, size(attachment.size ?? 0))));
}

/** The tray above the composer. */
export class Tray {
  constructor(api, changed) {
    this.api = api;
    this.changed = changed;
    this.items = [];
    this.element = h("ul", { class: "tray", "aria-label": texts.attach });
  }

  get isUploading() {
    return this.items.some((item) => item.state === "uploading");
  }

  get ready() {
    return this.items.filter((item) => item.state === "ready").map((item) => item.stored);
  }

  add(files) {
    for (const file of [...files].slice(0, MOST_FILES - this.items.length)) this.upload(file);
  }

  async upload(file) {
    const item = { file, state: "uploading", error: "", stored: null, stop: new AbortController() };
    this.items.push(item);
    this.render();
    try {
      item.stored = await this.api.upload(file, item.stop.signal);
      item.state = "ready";
    } catch (error) {
      item.state = "failed";
      item.error = error.code === "network" ? texts.uploadFailed : error.message;
    }
    this.render();
  }

  remove(item) {
    item.stop.abort();
    this.items = this.items.filter((other) => other !== item);
    this.render();
  }

  clear() {
    this.items = [];
    this.render();
  }

  render() {
    this.element.replaceChildren(...this.items.map((item) => this.row(item)));
    this.changed();
  }

  row(item) {
    const { file } = item;
    item.picture ??= file.type.startsWith("image/") ? thumbnail(file.name, () => Promise.resolve(file)) : null;
    const state = { uploading: texts.uploading, ready: size(file.size), failed: item.error }[item.state];
    return h("li", { class: item.state === "failed" ? "failed" : null },
      item.picture ?? icon("file"),
      h("span", { class: "grow" }, h("bdi", {}, file.name), h("small", { role: "status" }, state)),
      h("button", { type: "button", class: "icon", "aria-label": texts.remove(file.name), onclick: () => this.remove(item) }, icon("close")));
  }
}
