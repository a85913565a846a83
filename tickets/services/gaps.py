"""Questions of customers that no article answered well, handed down to the knowledge app."""

from django.urls import reverse

from knowledge.models import GapQuestion
from knowledge.services.gaps import note
from knowledge.services.human_answers import ONE_ACCOUNT
from tickets.models import AgentRun, AgentStep, Citation, Handoff, Message, Ticket
from tickets.services.learning import MIN_ANSWER, question_of

# Reasons of the AI agent that an article could have taken away.
REASONS = (Handoff.Reason.MISSING_KNOWLEDGE, Handoff.Reason.LOW_CONFIDENCE)
# What the customer said here was no question about the product.
OTHER_ACTS = frozenset({"human_request", "small_talk", "thanks"})
# A turn of fewer words, such as "and on a phone?", needs what was said before it.
STANDS_ALONE = 4


def note_handoff(*, handoff_id: int, is_past: bool = False) -> bool:
    """Note the question of a hand-off that came of a search without a good answer; twice makes one question.

    A procedure that ended with a person, a search that broke and a hand-off for any other reason tell nothing about
    articles. What happened long ago (`is_past`) is asked anew, since articles may answer it by now. Returns whether there
    was something to note.

    Raises:
        SearchUnavailableError: it is past, and articles cannot be asked at the moment.
    """
    handoff = Handoff.objects.select_related("ticket__contact", "run").filter(pk=handoff_id).first()
    if handoff is None or handoff.run is None or handoff.reason not in REASONS:
        return False
    searched = handoff.run.steps.filter(kind=AgentStep.Kind.RETRIEVE).order_by("-index").first()
    if searched is None or searched.output.get("error") or _follows_procedure(handoff.run):
        return False
    asked = str(searched.input.get("query", ""))
    if len(asked.split()) < STANDS_ALONE:
        asked = question_of(_customer_messages(handoff.ticket, handoff.episode)) or asked
    gap = note(
        question=asked,
        origin=origin_of(handoff.ticket, handoff.episode),
        kind=GapQuestion.Kind.HANDED_OFF,
        asked_at=handoff.created_at,
        probability=None if is_past else float(searched.output.get("probability", 0.0)),
        contact_id=handoff.ticket.contact_id,
        organization_id=handoff.ticket.contact.organization_id,
    )
    return gap is not None


def note_answer(*, ticket_id: int, episode: int) -> bool:
    """Note the question of a resolved episode that a person answered, when no article was quoted or linked in it.

    Left out are answers about one account, which no article can give, and what articles answer by now. Returns whether
    there was something to note.

    Raises:
        SearchUnavailableError: articles cannot be asked at the moment.
    """
    ticket = Ticket.objects.select_related("contact").filter(pk=ticket_id).first()
    if ticket is None:
        return False
    messages = list(ticket.messages.filter(episode=episode, kind=Message.Kind.PUBLIC).order_by("sequence"))
    answers = [m for m in messages if m.author == Message.Author.AGENT and len(m.body) >= MIN_ANSWER]
    if not answers or any(_needs_no_article(answer) for answer in answers):
        return False
    quoted = Citation.objects.filter(message__ticket=ticket, message__episode=episode, revision__isnull=False)
    if quoted.exists():
        return False
    steps = AgentStep.objects.filter(run__ticket=ticket, run__episode=episode, kind=AgentStep.Kind.UNDERSTAND)
    understood = list(steps.values_list("input", "output"))
    if any(given.get("starts") for given, _said in understood):
        return False
    other = {str(said.get("text", "")) for given, said in understood if given.get("act") in OTHER_ACTS}
    before = [
        message
        for message in _customer_messages(ticket, episode)
        if message.sequence < answers[0].sequence and not any(message.body in text for text in other)
    ]
    if not before:
        return False
    gap = note(
        question=question_of(before),
        origin=origin_of(ticket, episode),
        kind=GapQuestion.Kind.PERSON_ANSWERED,
        asked_at=before[-1].created_at,
        contact_id=ticket.contact_id,
        organization_id=ticket.contact.organization_id,
    )
    return gap is not None


def _follows_procedure(run: AgentRun) -> bool:
    understood = run.steps.filter(kind=AgentStep.Kind.UNDERSTAND).values_list("input", flat=True)
    return any(given.get("starts") for given in understood)


def _needs_no_article(answer: Message) -> bool:
    return ONE_ACCOUNT.search(answer.body) is not None or reverse("knowledge:home") in answer.body


def _customer_messages(ticket: Ticket, episode: int) -> list[Message]:
    asked = ticket.messages.filter(episode=episode, kind=Message.Kind.PUBLIC, author=Message.Author.CUSTOMER)
    return list(asked.order_by("sequence"))


def origin_of(ticket: Ticket, episode: int) -> str:
    """Name an episode as where a question came up."""
    return f"ticket:{ticket.public_id}:{episode}"
