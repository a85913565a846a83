"""Draft an article from a question and the answer that a person gave."""

from haystack import component

from knowledge.services import human_answers


@component
class ArticleDrafter:
    """Writes a title and a body without greetings, signatures and personal data; nothing is added.

    A component with the same sockets around a chat generator can take its place where a model is configured.
    """

    @component.output_types(title=str, question=str, body=str, concern=str)
    def run(self, question: str, answer: str) -> dict[str, str]:
        """Draft.

        :param question: What the customer wrote.
        :param answer: What the person wrote.
        :returns: `title`, the cleaned `question`, the Markdown `body`, and `concern`: what a person should look at,
            empty when nothing stands out.
        """
        asked, body = human_answers.clean_question(question), human_answers.clean_answer(answer)
        return {
            "title": human_answers.title_of(asked),
            "question": asked,
            "body": body,
            "concern": human_answers.concern_about(body),
        }
