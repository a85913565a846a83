"""The public rule of what counts, in words and as conditions; a change of either is a new version."""

from datetime import timedelta

from django.db.models import Q

VERSION = 1
# A later message is a new problem, an earlier one shows that the first was not solved.
RETURN_WINDOW = timedelta(days=7)
# Intents of talks that ask for nothing (supportai/demo/intents.yaml has them; the agent sets them by these names).
NOT_COUNTED_INTENTS = ("small_talk", "spam")
HAPPY_SCORE = 4

# What counts, sentence by sentence, as the page and docs/insights.md print it.
RULE = (
    (
        "Counted",
        "Every ticket that a customer opened in the period counts once, in all its channels and however often it came "
        "back. Greetings without a wish and spam do not count, as far as the AI agent recognised them.",
    ),
    (
        "Automated",
        "The AI agent resolved it and no person wrote to the customer in it: verified (the system of record shows it), "
        "confirmed (the customer said so) or assumed (a self-contained answer, then silence for the time set).",
    ),
    (
        "Not automated",
        "A ticket that a person answered or closed, one that the customer abandoned, and one that is still open. All of "
        "them stay in the number that the automated ones are divided by.",
    ),
    (
        "Came back",
        "A customer who writes again within 7 days reverses the resolution, whichever it was. A mere thank-you is no "
        "return; it confirms. After 7 days it is counted as open again, but not as a reversal.",
    ),
    (
        "As of",
        "Figures stand as they were when the period ended, so that they do not change later. A period that includes "
        "today is compared with the one before it up to the same time of day.",
    ),
)


def counted(prefix: str = "") -> Q:
    """Give the condition that a ticket counts; `prefix` leads to the ticket, such as `ticket__`."""
    return ~Q(**{f"{prefix}intent__in": NOT_COUNTED_INTENTS})
