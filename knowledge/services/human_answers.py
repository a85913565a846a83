"""What of a conversation is worth keeping: the question and the answer without greetings, names and personal data."""

import re

from supportai.core.redaction import redact

MAX_TITLE = 140
MIN_WORDS = 4
# Nobody greets or signs more often; and a sign-off stands in the last characters, so the rest is not searched for one.
ROUNDS = 10
TAIL_CHARACTERS = 600

GREETING = re.compile(
    r"^\s*(?:(?:hi|hello|hey|hiya|dear|greetings|good (?:morning|afternoon|evening|day))\b(?: (?:there|all|team|again))?"
    r"(?:[ ,]+[A-Z][\w'’-]*(?: [A-Z][\w'’-]*)?)?\s*(?:[,!.:;–—-]+|\n|$)\s*)+",
    re.IGNORECASE,
)
THANKS = re.compile(
    r"^\s*(?:(?:many )?thanks(?! to\b)|thank you|thx|cheers)\b[^.!?\n]{0,80}(?:[.!?]+|\n|$)\s*"
    r"|^\s*(?:sorry|apologies)\b[^.!?\n]{0,60}(?:[.!?]+|\n|$)\s*",
    re.IGNORECASE,
)
SIGN_OFF = re.compile(
    r"(?:^|\n|(?<=[.!?])[ \t]+)\s*(?:(?:(?:kind|best|warm|many)\s*)?(?:regards|wishes)|best|cheers|thanks|thank you|sincerely"
    r"|all the best|take care|have a (?:great|nice|good|lovely)[^\n.!]{0,30}|yours(?: \w+)?|talk soon)[,.!]*"
    r"(?:\s*[A-Z][\w'’.-]*(?: [A-Z][\w'’.-]*){0,2}(?:[ \t]*\n+[^\n]{1,80}){0,4})?\s*$",
    re.IGNORECASE,
)
CLOSING = re.compile(
    r"(?:^|\n|(?<=[.!?])\s+)(?:(?:please )?let (?:me|us) know if|(?:i )?hope (?:this|that) helps|(?:please )?(?:feel free|don['’]t hesitate)"
    r"|(?:is|was) there anything else|if you (?:have|need) (?:any|more|further)|happy to help|glad to help|anything else)[^\n.!?]*[.!?]*\s*$",
    re.IGNORECASE,
)
SIGNATURE = re.compile(r"\n-- ?\n.*\Z|\n[A-Z][\w'’-]+(?: [A-Z][\w'’-]+)?\s*\Z", re.DOTALL)
PLEASE_TAIL = re.compile(r"(?<![\s,])[\s,]*(?:please|thanks|thank you|thx|many thanks)[\s.!]*$", re.IGNORECASE)
PLACEHOLDER = re.compile(r"\[(?:email|card|account|phone|secret)\]")
ONE_ACCOUNT = re.compile(
    r"\b(?:i|we)(?:['’]ve| have| just)? (?:just |now )?(?:refunded|reset|unlocked|changed|cancelled|canceled|applied|credited|sent|resent"
    r"|updated|upgraded|removed|added|issued|extended|checked|looked)\b|\byour (?:invoice|charge|order|ticket) (?:no\.?|number|#)?\s*\w*\d"
    r"|\b(?:in|on) your account (?:i|we)\b",
    re.IGNORECASE,
)
YES_NO = re.compile(r"^\W*(yes|no|yep|nope|yeah)\b", re.IGNORECASE)
NUMBER = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?![\w])")
LIST_MARK = re.compile(r"^[ \t]*\d+[.)]\s", re.MULTILINE)


def clean_question(text: str) -> str:
    """Give a customer's words without greeting, thanks and personal data."""
    return redact(_strip_start(text)).strip() or redact(text).strip()


def clean_answer(text: str) -> str:
    """Give a person's words without greeting, sign-off, closing phrases and personal data; Markdown is kept."""
    text = text.replace("\r\n", "\n").strip()
    for _ in range(ROUNDS):
        before = text
        text = SIGNATURE.sub("", _strip_tail(SIGN_OFF, text)).strip()
        text = _strip_tail(CLOSING, text).strip()
        if before == text:
            break
    return redact(_strip_start(text)).strip()


def title_of(question: str) -> str:
    """Make an article's title from a question: its first asking sentence, one line, without please and thanks."""
    from knowledge.sentences import split_sentences

    sentences = [" ".join(question[start:end].split()) for start, end in split_sentences(question)]
    asking = [sentence for sentence in sentences if sentence.endswith("?")]
    title = PLEASE_TAIL.sub("", (asking or sentences or [question])[0]).strip(" .,")
    if len(title) > MAX_TITLE:
        title = title[:MAX_TITLE].rsplit(" ", 1)[0] + " …"
    return title[:1].upper() + title[1:]


def concern_about(answer: str) -> str:
    """Say what a person should look at before this answer is published; empty when nothing stands out."""
    if PLACEHOLDER.search(answer):
        return "Personal data was removed. Replace or delete the marks in square brackets."
    if ONE_ACCOUNT.search(answer):
        return "This seems to be about one customer's account. Keep only what holds for everybody."
    if len(answer.split()) < MIN_WORDS:
        return "The answer is very short. Say what it refers to."
    return ""


def contradicts(left: str, right: str) -> bool:
    """Tell whether two answers cannot both be right: yes against no, or other figures."""
    first, second = YES_NO.match(left), YES_NO.match(right)
    if first and second and first.group(1).lower()[0] != second.group(1).lower()[0]:
        return True
    numbers, others = _numbers(left), _numbers(right)
    return bool(numbers and others) and not (numbers <= others or others <= numbers)


def _numbers(text: str) -> set[str]:
    return set(NUMBER.findall(LIST_MARK.sub("", text)))


def _strip_tail(pattern: re.Pattern[str], text: str) -> str:
    place = max(0, len(text) - TAIL_CHARACTERS)
    return text[:place] + pattern.sub("", text[place:])


def _strip_start(text: str) -> str:
    text = text.strip()
    for _ in range(ROUNDS):
        before = text
        for pattern in (GREETING, THANKS):
            found = pattern.match(text)
            text = text[found.end() :] if found else text
        text = text.strip()
        if before == text:
            break
    return text[:1].upper() + text[1:]
