// Every word of the panel, in one place.

export const texts = {
  title: (brand) => `${brand} help`,
  aiAnswers: "AI agent, answers now",
  personFrom: (name, team) => (team ? `${name} from the ${teamName(team)}` : `${name}, a person`),
  personChecks: "A person checks this first",
  waitsForPerson: "A person will answer here",
  lost: "Connection lost",
  close: "Close",
  conversation: (brand) => `Conversation with ${brand} help`,
  disclosure: "An AI agent answers first. You can talk to a person at any time.",
  write: "Write a message",
  send: "Send",
  attach: "Attach a file",
  drop: "Drop the file to attach it",
  uploading: "Uploading …",
  uploadsFirst: "The message can be sent when the file has been uploaded.",
  uploadFailed: "Could not be uploaded",
  remove: (name) => `Remove ${name}`,
  talkToPerson: "Talk to a person",
  asked: "Asked for a person",
  newConversation: "New conversation",
  startNew: "Start a new one",
  started: (day) => `Conversation of ${day}`,
  you: "You: ",
  aiAgent: "AI agent: ",
  reading: "Reading your message",
  typing: (who) => `${who} is writing`,
  personTitle: "A person has been asked",
  personTeam: (team) => `Your question is with the ${teamName(team)}.`,
  personAny: "Your question is with our team.",
  personStay: "You can close this window, the answer will be here.",
  personKnows: "They see this conversation. Add more below if it helps.",
  resolved: "This conversation is resolved.",
  resolvedMore: "Writing below opens it again.",
  csatTitle: "How did this go?",
  csatScores: ["Bad", "Poor", "Okay", "Good", "Great"],
  csatComment: "Anything to add? (optional)",
  csatSend: "Send rating",
  csatThanks: "Thank you, your rating was saved.",
  waitsForConnection: "Waits for the connection",
  sending: "Sending",
  notSent: "Not sent",
  tryAgain: "Try again",
  delete: "Delete",
  offline: "You are offline.",
  unreachable: "The connection was lost.",
  retryIn: (seconds) => `Trying again in ${seconds} s.`,
  retrying: "Trying again.",
  kept: "Your message is kept, also if you reload.",
  tryNow: "Try now",
  needsConnection: "Possible again when you are connected.",
  sources: "Sources",
  source: (number, title) => `Source ${number}: ${title}`,
  opensTab: " (opens in a new tab)",
  pageShared: "Sees this page",
  pageNotShared: "Page not shared",
  seeTitle: "What we would see",
  seePage: "Page",
  seeAddress: "Address",
  seeHeadings: "Headings",
  seeNever: "what you type, passwords, or anything else on the page.",
  never: "Never:",
  share: "Share this page",
  justChat: "No, just chat",
  shareEnds: "Goes with your messages until you leave this page or press the eye above.",
  refused: "This site may not show this widget. Please tell the people who run it.",
  signedOut: "You were signed out. Reload this page to go on; what you wrote is kept.",
  newMessages: (count) => (count === 1 ? "1 new message" : `${count} new messages`),
  failed: "This did not work. Please try again.",
};

const PAST = { Searching: "Searched", "Looking up": "Looked up", Reading: "Read", Checking: "Checked" };

/** Say of a step that it was done, null for steps that may not have worked: only what was read is sure to have been. */
export function doneStep(step) {
  const verb = Object.keys(PAST).find((words) => step.startsWith(`${words} `));
  if (verb) return PAST[verb] + step.slice(verb.length);
  return /^\w+ing\b/.test(step) ? null : step;
}

function teamName(team) {
  return /\bteam$/i.test(team) ? team.toLowerCase() : `${team.toLowerCase()} team`;
}

/** Write a time of day in the page's language. */
export function time(iso, lang) {
  return new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit" }).format(new Date(iso));
}

/** Write a day in the page's language. */
export function day(iso, lang) {
  return new Intl.DateTimeFormat(lang, { day: "numeric", month: "long" }).format(new Date(iso));
}

/** Write a file's size in words. */
export function size(bytes) {
  return bytes < 1_000_000 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
