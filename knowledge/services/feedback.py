"""What readers say about an article: one vote each, which they may change."""

from django.utils.crypto import salted_hmac

from knowledge.models import Article, ArticleFeedback
from supportai.core.limits import count_against
from supportai.core.redaction import redact

MAX_WORDS = 1000
# Personal data is masked before the words are cut, lest half an address remains; what is longer nobody typed.
MAX_TYPED = 20_000
# Of one address: offices share one, and nobody rates more pages than this.
VOTES_AN_HOUR = 60
# Of one address on one page, votes that are changed counted too: without a cookie each would be another reader.
VOTES_A_DAY = 20
SALT = "knowledge.feedback"


def give_feedback(
    *, article: Article, visitor: str, address: str, is_helpful: bool, words: str | None = None
) -> ArticleFeedback:
    """Store a reader's vote on what they read, in place of their earlier one; without `words` their words stay.

    `visitor` is what their cookie holds and is stored as a hash only; personal data in `words` is masked.

    Raises:
        TooManyRequestsError: their address voted too often within an hour; nothing was stored.
    """
    count_against("help-feedback", address, limit=VOTES_AN_HOUR, seconds=3600)
    count_against("help-feedback-page", f"{article.pk}:{address}", limit=VOTES_A_DAY, seconds=86_400)
    changed: dict[str, object] = {"is_helpful": is_helpful, "revision": article.current_revision}
    if words is not None:
        changed["words"] = redact(" ".join(words[:MAX_TYPED].replace("\0", "").split()))[:MAX_WORDS]
    vote, _made = ArticleFeedback.objects.update_or_create(
        article=article, visitor=salted_hmac(SALT, visitor, algorithm="sha256").hexdigest(), defaults=changed
    )
    return vote
