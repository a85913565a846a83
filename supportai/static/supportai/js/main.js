// The behaviours of the staff pages. Each file attaches one, by data- attributes, and works on parts that HTMX brings later.
import "./closes.js";
import "./composer.js";
import "./details.js";
import "./keys.js";
import "./live.js";
import "./queue.js";
import "./submits.js";
import "./thread.js";
import "./times.js";
import "./toasts.js";
