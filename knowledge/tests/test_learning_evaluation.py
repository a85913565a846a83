"""`evaluate learning`: an empty knowledge base that learns from the answers of people."""

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from knowledge import learning_apart, learning_evaluation
from knowledge.learning_apart import EvaluationError, evaluate_learning
from knowledge.learning_evaluation import POINTS, Asked, Course, Learner, play, read_course, weighted_coverage
from knowledge.models import Article, Observation
from supportai.core.errors import InvalidInputError

CORPUS: list[dict[str, Any]] = [
    {"id": "export", "title": "Export", "text": "Open Reports and choose Export. A CSV file is made and sent to you."},
    {"id": "refund", "title": "Refunds", "text": "Banks need 5 to 10 business days until a refund shows up."},
]
QUESTIONS: list[dict[str, Any]] = [
    {"query": "how do I export my data to CSV?", "answer_ids": ["export"], "answerable": True},
    {"query": "can I get a CSV export of my data", "answer_ids": ["export"], "answerable": True},
    {"query": "how long does a refund take?", "answer_ids": ["refund"], "answerable": True},
    {"query": "when does my refund show up in the bank", "answer_ids": ["refund"], "answerable": True},
    {"query": "who painted the ceiling of the chapel", "answer_ids": [], "answerable": False},
    {"query": "and then?", "answer_ids": ["refund"], "answerable": None},
]
NAMES = [f"coverage_at_98_correct_at_{percent}" for percent in POINTS]


def write(folder, name, rows):
    (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "corpus", CORPUS)
    write(tmp_path, "dev", QUESTIONS)
    return tmp_path


# ---- what is asked ----


def test_half_of_each_answer_s_questions_teach_and_the_rest_measures(folder):
    course = read_course(folder)
    assert sorted(asked.answer_ids[0] for asked in course.stream) == ["export", "refund"]
    assert sorted(asked.answer_ids for asked in course.measured) == [(), ("export",), ("refund",)]
    texts = {asked.text for asked in (*course.stream, *course.measured)}
    assert texts == {row["query"] for row in QUESTIONS[:5]}
    assert course.questions == 2 + 3 * len(POINTS)


def test_the_same_folder_gives_the_same_course(folder):
    assert read_course(folder) == read_course(folder)


def test_the_odd_question_of_an_answer_teaches(folder):
    write(folder, "dev", QUESTIONS[:3])
    course = read_course(folder)
    assert [asked.answer_ids[0] for asked in course.measured] == ["export"]
    assert len(course.stream) == 2


def test_a_question_keeps_its_history_and_the_order_of_its_answers(folder):
    history = [{"role": "user", "text": "I am back"}, {"role": "agent", "text": "Hello"}]
    write(folder, "dev", [{**QUESTIONS[0], "answer_ids": ["refund", "export"], "history": history}])
    assert read_course(folder).stream == (Asked(QUESTIONS[0]["query"], ("I am back",), ("refund", "export")),)


def test_an_answer_that_the_corpus_lacks_is_named(folder):
    write(folder, "dev", [{**QUESTIONS[0], "answer_ids": ["lost"]}])
    with pytest.raises(ValueError, match="lost"):
        read_course(folder)


# ---- learning ----


@pytest.mark.django_db
def test_coverage_grows_with_what_people_answer(store, folder):
    counted = []
    course = read_course(folder)
    figures = play(course, 0.6, counted.append)
    assert list(figures) == NAMES
    assert figures[NAMES[0]] == 0.0
    # Two answerable rows and half an unanswerable one: all that can be answered is 2 / 2.5.
    assert figures[NAMES[-1]] == pytest.approx(0.8)
    assert sum(counted) == course.questions


@pytest.mark.django_db
def test_what_is_learned_carries_the_id_of_the_person_s_answer(store, folder):
    learner = Learner(answers={row["id"]: row["text"] for row in CORPUS}, threshold=0.6)
    question = Asked(QUESTIONS[0]["query"], (), ("export",))
    assert learner.ask(question) == (0.0, False)
    learner.live_through(question)
    article = Article.objects.get()
    assert article.origin == Article.Origin.LEARNED
    assert article.current_revision.body == CORPUS[0]["text"]
    assert learner.ids == {article.pk: {"export"}}
    assert learner.ask(question)[1] is True


@pytest.mark.django_db
@pytest.mark.parametrize(("threshold", "observed"), [(0.0, 1), (1.01, 2)], ids=["sure enough", "never sure"])
def test_a_person_answers_only_below_the_threshold(store, folder, threshold, observed):
    learner = Learner(answers={row["id"]: row["text"] for row in CORPUS}, threshold=threshold)
    for row in QUESTIONS[:2]:
        learner.live_through(Asked(row["query"], (), ("export",)))
    assert Observation.objects.count() == observed


@pytest.mark.django_db
def test_a_wrong_answer_is_corrected_by_a_person_however_sure_it_was(store, folder):
    learner = Learner(answers={row["id"]: row["text"] for row in CORPUS}, threshold=0.0)
    learner.live_through(Asked(QUESTIONS[0]["query"], (), ("export",)))
    learner.live_through(Asked(QUESTIONS[1]["query"], (), ("refund",)))
    assert Observation.objects.count() == 2


@pytest.mark.django_db
def test_an_answer_that_teaches_nothing_is_passed_over(store, folder, monkeypatch):
    def refuse(**_given):
        raise InvalidInputError("Nothing is left.")

    monkeypatch.setattr(learning_evaluation.learning, "observe", refuse)
    learner = Learner(answers={"export": "Hello"}, threshold=0.6)
    learner.live_through(Asked("how?", (), ("export",)))
    assert learner.asked == 1
    assert learner.ids == {}


@pytest.mark.django_db
def test_without_answerable_questions_nothing_can_be_covered(store):
    assert set(play(Course((), (), {}), 0.6).values()) == {None}
    assert set(play(Course((), (Asked("why?", (), ()),), {}), 0.6).values()) == {0.0}


# ---- the figure ----


@pytest.mark.parametrize(
    ("scores", "right", "weights", "expected"),
    [
        ([0.9, 0.8, 0.7], [True, True, False], [1, 1, 1], 2 / 3),
        ([0.9, 0.8, 0.7], [True, True, False], [1, 1, 0.5], 0.8),
        ([0.9, 0.8, 0.7], [False, True, True], [0.01, 1, 1], 1.0),
        ([0.9, 0.9], [True, False], [1, 1], 0.0),
        ([0.0, 0.0], [True, True], [1, 1], 0.0),
        ([], [], [], None),
    ],
    ids=["plain", "half weight", "one wrong of little weight", "ties together", "no answers", "no rows"],
)
def test_weighted_coverage(scores, right, weights, expected):
    found = weighted_coverage(scores, right, weights, 0.98)
    assert found == (None if expected is None else pytest.approx(expected, abs=1e-4))


# ---- apart from the live data ----


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("elasticsearch", marks=pytest.mark.live("ELASTICSEARCH_URL"))])
def test_the_command_touches_nothing_live_and_leaves_nothing(folder, tmp_path, kind, capsys, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path / "left"))
    monkeypatch.setattr(learning_apart.tempfile, "tempdir", str(tmp_path / "left"))
    (tmp_path / "left").mkdir()
    call_command("evaluate", "learning", str(folder), store=kind, json=tmp_path / "out.json", verbosity=0)
    written = json.loads((tmp_path / "out.json").read_text())
    assert list(written) == NAMES
    assert written[NAMES[0]] == 0.0
    assert written[NAMES[-1]] == pytest.approx(0.8)
    assert NAMES[-1] in capsys.readouterr().out
    assert not Article.objects.exists()
    assert list((tmp_path / "left").glob("supportai-*")) == []


def test_each_child_has_a_prefix_of_its_own_and_no_services_but_the_store(monkeypatch, settings):
    monkeypatch.setenv("DATABASE_URL", "postgres://live")
    monkeypatch.setenv("REDIS_URL", "redis://live")
    monkeypatch.setenv("ELASTICSEARCH_URL", "http://live")
    settings.ELASTICSEARCH_URL = "http://there"
    first, second = (learning_apart._environment("/data", "elasticsearch") for _ in range(2))
    assert {"DATABASE_URL", "REDIS_URL", "ELASTICSEARCH_URL"}.isdisjoint(first)
    assert first["EVALUATION_ELASTICSEARCH_URL"] == "http://there"
    assert first["SUPPORTAI_ELASTICSEARCH_PREFIX"].startswith(settings.ELASTICSEARCH_PREFIX)
    assert first["SUPPORTAI_ELASTICSEARCH_PREFIX"] != second["SUPPORTAI_ELASTICSEARCH_PREFIX"]
    assert learning_apart._environment("/data", "sqlite")["EVALUATION_ELASTICSEARCH_URL"] == ""


def test_a_broken_child_is_told_with_its_last_lines(folder, monkeypatch):
    monkeypatch.setattr(learning_apart, "CHILD", (learning_apart.sys.executable, "-c", "raise SystemExit('no luck')"))
    with pytest.raises(EvaluationError, match="no luck"):
        evaluate_learning(folder, threshold=0.6)


@pytest.mark.parametrize(
    ("name", "text"),
    [("corpus", "{broken"), ("corpus", '{"id": "a"}'), ("dev", '{"answer_ids": []}'), ("dev", "[1]")],
)
def test_a_malformed_folder_is_exit_status_2_before_anything_starts(folder, monkeypatch, name, text):
    monkeypatch.setattr(learning_apart, "CHILD", ("false",))
    (folder / f"{name}.jsonl").write_text(text + "\n")
    with pytest.raises(CommandError) as refused:
        call_command("evaluate", "learning", str(folder), verbosity=0)
    assert refused.value.returncode == 2


def test_a_store_that_is_not_there_is_exit_status_2(folder, settings):
    settings.ELASTICSEARCH_URL = ""
    with pytest.raises(CommandError, match="ELASTICSEARCH_URL") as refused:
        call_command("evaluate", "learning", str(folder), store="elasticsearch", verbosity=0)
    assert refused.value.returncode == 2
