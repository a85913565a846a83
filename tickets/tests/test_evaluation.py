"""`evaluate intents`: the product's heads on a folder of labelled texts."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from tickets import evaluation
from tickets.agent import understanding
from tickets.evaluation import Example, Understood, calibration_error, evaluate_intents, figures, recall_outside

TRAIN = {
    "refund": ["I want my money back", "please refund this payment", "can I get a refund?", "return what I paid"],
    "password": ["I forgot my password", "reset my password please", "I cannot sign in", "my login does not work"],
    "oos": ["sing me a song", "how tall is the Eiffel tower", "tell me a joke about cats", "who won the match"],
}
ASKED = [
    ("refund the last payment, please", "refund"),
    ("my password is forgotten", "password"),
    ("what is the tallest mountain on earth", "oos"),
]


def write(folder, name, pairs):
    rows = (json.dumps({"text": text, "label": label}) + "\n" for text, label in pairs)
    (folder / f"{name}.jsonl").write_text("".join(rows))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path, "train", [(text, label) for label, texts in TRAIN.items() for text in texts])
    write(tmp_path, "dev", ASKED)
    return tmp_path


@pytest.fixture(autouse=True)
def heads(monkeypatch):
    """Keep the heads of these tests to themselves."""
    monkeypatch.setattr(understanding, "_heads", {})


# ---- the product on a folder ----


def test_figures_of_a_small_folder(folder):
    found = evaluate_intents(folder)
    assert found["accuracy"] == 1.0
    assert found["oos_auroc"] == 1.0
    assert found["oos_recall_at_95_in_scope"] == 1.0
    assert found["coverage_at_95_precision"] == pytest.approx(2 / 3, abs=1e-3)
    assert found["train_seconds"] > 0
    assert 0 < found["ms_per_item_p50"] <= found["ms_per_item_p95"]


def test_it_asks_the_heads_that_live_tickets_use(folder, monkeypatch):
    asked = []
    classify = understanding.classify_intent

    def noting(text, **given):
        asked.append((text, given["history"], {intent.slug for intent in given["settings"].intents}))
        return classify(text, **given)

    monkeypatch.setattr(understanding, "classify_intent", noting)
    evaluate_intents(folder)
    assert [text for text, _, _ in asked[1:]] == [text for text, _ in ASKED]
    assert {slug for _, _, slugs in asked for slug in slugs} == {"label:refund", "label:password", "other"}


def test_without_outside_rows_their_figures_are_null(folder):
    write(folder, "dev", ASKED[:2])
    found = evaluate_intents(folder)
    assert found["oos_auroc"] is None
    assert found["oos_recall_at_95_in_scope"] is None
    assert found["accuracy"] == 1.0


def test_with_outside_rows_only_the_others_are_null(folder):
    write(folder, "dev", ASKED[2:])
    found = evaluate_intents(folder)
    assert found["accuracy"] is found["ece"] is found["oos_auroc"] is None
    assert found["coverage_at_95_precision"] == 0.0


def test_outside_rows_can_be_told_without_examples_of_them(folder):
    write(folder, "train", [(text, label) for label in ("refund", "password") for text in TRAIN[label]])
    assert evaluate_intents(folder)["oos_auroc"] == 1.0


def test_a_label_of_its_own_called_other_is_an_intent(folder):
    pairs = [(text, "other" if label == "refund" else label) for label, texts in TRAIN.items() for text in texts]
    write(folder, "train", pairs)
    write(folder, "dev", [("refund the last payment, please", "other")])
    assert evaluate_intents(folder)["accuracy"] == 1.0


def test_a_label_that_was_never_taught_is_wrong(folder):
    write(folder, "dev", [("refund the last payment, please", "invoice")])
    assert evaluate_intents(folder)["accuracy"] == 0.0


def test_nothing_is_left_in_the_live_data_folder(folder, settings, tmp_path):
    settings.DATA_DIR = tmp_path / "live"
    settings.DATA_DIR.mkdir()
    evaluate_intents(folder)
    assert str(settings.DATA_DIR) == str(tmp_path / "live")
    assert list(settings.DATA_DIR.iterdir()) == []


def test_another_split_and_its_progress(folder):
    write(folder, "test", ASKED[:1])
    counted = []
    evaluate_intents(folder, "test", counted.append)
    assert counted == [1]


# ---- the command ----


def test_the_command_writes_one_flat_object(folder, tmp_path, capsys):
    call_command("evaluate", "intents", str(folder), json=tmp_path / "out.json", verbosity=0)
    written = json.loads((tmp_path / "out.json").read_text())
    assert list(written) == [
        "accuracy", "ece", "aurc", "coverage_at_95_precision", "oos_auroc", "oos_recall_at_95_in_scope",
        "train_seconds", "ms_per_item_p50", "ms_per_item_p95",
    ]  # fmt: skip
    assert all(value is None or isinstance(value, float) for value in written.values())
    assert "coverage_at_95_precision" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("train", "reason"),
    [
        ("", "two labels"),
        ('{"text": "a", "label": "x"}\n', "two labels"),
        ('{"text": "a"}\n', "a row has no 'label'"),
        ('{"text": "", "label": "x"}\n', "text must be a text"),
        ('{"text": "a", "label": 3}\n', "label must be a text"),
        ("[1, 2]\n", "train.jsonl, line 1"),
        ("{broken\n", "train.jsonl, line 1"),
    ],
)
def test_a_malformed_folder_is_exit_status_2(folder, train, reason):
    (folder / "train.jsonl").write_text(train)
    with pytest.raises(CommandError, match=reason) as refused:
        call_command("evaluate", "intents", str(folder), verbosity=0)
    assert refused.value.returncode == 2


def test_a_missing_split_is_exit_status_2(folder):
    with pytest.raises(CommandError, match=r"nowhere\.jsonl") as refused:
        call_command("evaluate", "intents", str(folder), split="nowhere", verbosity=0)
    assert refused.value.returncode == 2


# ---- figures ----


def understood(intent, chance, outside=0.0):
    label, sure = ("oos", outside) if outside > chance else (intent, chance)
    return Understood(label, sure, intent, chance, outside)


def test_an_outside_row_that_is_answered_spoils_the_coverage():
    asked = [Example("a", "x"), Example("b", "oos"), Example("c", "x")]
    answered_last = figures(asked, [understood("x", 0.9), understood("x", 0.1, 0.9), understood("x", 0.8)])
    answered_first = figures(asked, [understood("x", 0.7), understood("x", 0.9), understood("x", 0.8)])
    assert answered_last["coverage_at_95_precision"] == pytest.approx(2 / 3, abs=1e-3)
    assert answered_first["coverage_at_95_precision"] == 0.0
    assert answered_first["accuracy"] == answered_last["accuracy"] == 1.0


def test_aurc_is_the_mean_risk_over_all_thresholds():
    asked = [Example("a", "x"), Example("b", "x")]
    assert figures(asked, [understood("y", 0.9), understood("x", 0.8)])["aurc"] == pytest.approx((1 + 0.5) / 2)
    assert figures(asked, [understood("x", 0.9), understood("y", 0.8)])["aurc"] == pytest.approx((0 + 0.5) / 2)


def test_an_intent_refused_as_outside_is_wrong():
    found = figures([Example("a", "x")], [understood("x", 0.3, 0.7)])
    assert found["accuracy"] == 0.0
    assert found["ece"] == pytest.approx(0.7)


def test_calibration_error_weighs_bins_by_their_rows():
    assert calibration_error(np.array([1.0, 1.0, 0.5, 0.5]), np.array([True, True, True, False])) == 0.0
    assert calibration_error(np.array([1.0, 1.0, 1.0, 0.5]), np.array([True, True, True, False])) == 0.125
    assert calibration_error(np.array([0.0]), np.array([False])) == 0.0
    assert calibration_error(np.array([]), np.array([])) is None


def test_recall_of_outside_rows_accepts_95_of_100_others():
    outside = np.concatenate([np.arange(100) / 100, [0.943, 0.945, 0.5]])
    is_outside = np.array([False] * 100 + [True] * 3)
    assert recall_outside(outside, is_outside) == pytest.approx(2 / 3, abs=1e-3)
    assert recall_outside(outside[:100], is_outside[:100]) is None


def test_no_rows_give_no_figures():
    assert set(figures([], []).values()) == {None}
    assert evaluation._percentile([], 50) is None
