"""What a resolved episode teaches: the customer's question with the human answer, handed down to knowledge."""

from knowledge.services.learning import observe
from supportai.core.errors import InvalidInputError
from tickets.models import Message, Ticket

MIN_ANSWER = 40


def learn_from(*, ticket_id: int, episode: int) -> bool:
    """Hand a resolved episode's question and human answer to the knowledge app; twice makes one suggestion.

    Bot text, notes and very short replies teach nothing. Returns whether there was something to learn.
    """
    ticket = Ticket.objects.get(pk=ticket_id)
    messages = list(ticket.messages.filter(episode=episode, kind=Message.Kind.PUBLIC).order_by("sequence"))
    answers = [m for m in messages if m.author == Message.Author.AGENT and len(m.body) >= MIN_ANSWER]
    if not answers:
        return False
    before = [m for m in messages if m.author == Message.Author.CUSTOMER and m.sequence < answers[0].sequence]
    question = question_of(before)
    if not question:
        return False
    try:
        observe(
            question=question,
            answer="\n\n".join(m.body for m in answers),
            origin=f"ticket:{ticket.public_id}:{episode}",
        )
    except InvalidInputError:
        # Without greetings and signatures nothing was left of it.
        return False
    return True


def question_of(messages: list[Message]) -> str:
    """Take the customer's longest message before the answer: greetings and asking for a person are short."""
    return max((m.body for m in messages), key=len, default="")
