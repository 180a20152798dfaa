"""Exact k-nearest-neighbor search over unit rows; `base` holds the contract."""
