// localStorage that never throws: private windows and full disks lose the value, not the page.
const PREFIX = "supportai.";

export function read(name) {
  try {
    return localStorage.getItem(PREFIX + name) ?? "";
  } catch {
    return "";
  }
}

export function write(name, value) {
  try {
    if (value) localStorage.setItem(PREFIX + name, value);
    else localStorage.removeItem(PREFIX + name);
  } catch {
    // Nothing to do: the text is still in its field.
  }
}
