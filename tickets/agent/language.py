"""Which language a customer writes, and one sentence for those that nobody here answers in."""

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lingua import LanguageDetector

# One-word texts fail in every detector; a wrong guess would send an English customer away.
MIN_LETTERS = 18
SURE = 0.7

NOTICES = {
    "de": "Danke für Ihre Nachricht. Ich kann leider nicht auf Deutsch antworten und habe sie an unser Team weitergegeben.",
    "fr": "Merci pour votre message. Je ne peux pas répondre en français et je l’ai transmis à notre équipe.",
    "es": "Gracias por su mensaje. No puedo responder en español y lo he pasado a nuestro equipo.",
    "it": "Grazie per il messaggio. Non posso rispondere in italiano e l’ho passato al nostro team.",
    "pt": "Obrigado pela mensagem. Não posso responder em português e encaminhei-a à nossa equipa.",
    "nl": "Bedankt voor uw bericht. Ik kan niet in het Nederlands antwoorden en heb het aan ons team doorgegeven.",
    "pl": "Dziękuję za wiadomość. Nie mogę odpowiedzieć po polsku i przekazałem ją naszemu zespołowi.",
    "sv": "Tack för ditt meddelande. Jag kan inte svara på svenska och har skickat det vidare till vårt team.",
    "tr": "Mesajınız için teşekkürler. Türkçe yanıt veremiyorum ve mesajınızı ekibimize ilettim.",
    "ja": "お問い合わせありがとうございます。日本語ではお答えできないため、担当チームに引き継ぎました。",
    "en": "Thank you for your message. I cannot answer in your language and have passed it to our team.",
}


def foreign_language(text: str, languages: tuple[str, ...]) -> str:
    """Give the ISO 639-1 code of a text's language when it surely is none of ours, else an empty text."""
    if sum(c.isalpha() for c in text) < MIN_LETTERS and text.isascii():
        return ""
    ranked = _detector().compute_language_confidence_values(text)
    if not ranked or ranked[0].value < SURE:
        return ""
    code = ranked[0].language.iso_code_639_1.name.lower()
    return "" if code in languages else code


@cache
def _detector() -> "LanguageDetector":
    from lingua import IsoCode639_1, LanguageDetectorBuilder

    codes = [IsoCode639_1.from_str(code.upper()) for code in NOTICES]
    return LanguageDetectorBuilder.from_iso_codes_639_1(*codes).with_low_accuracy_mode().build()
