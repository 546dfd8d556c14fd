"""Tables of what each word of a kernel's piece adds to a score, and back from their gradients to kernels.

A table is flat float32: for each piece, for each word, 32 lanes. The lanes are both strands of 16 motifs,
or 32 motifs. Weights come as [4 * width + 1, 32]: a row for each position and base, then the bias.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from getdsl.kernels.kmer_tables.jit import compiled
from getdsl.kernels.kmer_tables.layout import Layout
from getdsl.kernels.kmer_tables.vectors import address, load, store, zeros

Array = NDArray[Any]


@compiled
def gather_lanes(weight: Array, bias: Array, lanes: Array, rows: Array) -> None:
    """The rows of 32 lanes of the kernels `lanes` (-1: none) of weight [K, 4, D] and bias [K]."""
    width = weight.shape[2]
    for lane in range(lanes.size):
        kernel = lanes[lane]
        for j in range(width):
            for c in range(4):
                rows[(4 * j + c) * 32 + lane] = weight[kernel, c, j] if kernel >= 0 else np.float32(0)
        rows[4 * width * 32 + lane] = bias[kernel] if kernel >= 0 else np.float32(0)


@compiled
def fill_table(rows: Array, width: int, layout: Layout, table: Array) -> None:
    """Each word's row: that of the word without its last letter, and the last letter's weights."""
    base, position = 0, 0
    rows_at, table_at = address(rows), address(table)
    for piece in range(layout.long_count + layout.short_count):
        letters = layout.long if piece < layout.long_count else layout.short
        start = np.uint64(4 * width * 32)
        for half in range(2):
            at = np.uint64(16 * half)
            store(table_at, np.uint64(base) + at, load(rows_at, start + at) if piece == 0 else zeros())
        words = 1
        for i in range(letters):
            _append(rows_at, position + i, words, base, table_at)
            words *= 5
        base += 32 * words
        position += letters


@compiled
def _append(rows_at: int, position: int, words: int, base: int, table_at: int) -> None:
    """Words one letter longer in the place of `words` words; from the last on, so that none is lost."""
    for half in range(2):
        at = np.uint64(128 * position + 16 * half)
        a, c = load(rows_at, at), load(rows_at, at + np.uint64(32))
        g, t = load(rows_at, at + np.uint64(64)), load(rows_at, at + np.uint64(96))
        for word in range(words - 1, -1, -1):
            known = load(table_at, np.uint64(base + 32 * word + 16 * half))
            to = np.uint64(base + 160 * word + 16 * half)
            store(table_at, to + np.uint64(128), known)
            store(table_at, to + np.uint64(96), known + t)
            store(table_at, to + np.uint64(64), known + g)
            store(table_at, to + np.uint64(32), known + c)
            store(table_at, to, known + a)


@compiled
def fold_table(table: Array, width: int, layout: Layout, rows: Array) -> None:
    """The gradient of the weights' rows [4 * width + 1, 32] from the table's; the table is used up."""
    base, position = 0, 0
    for piece in range(layout.long_count + layout.short_count):
        letters = layout.long if piece < layout.long_count else layout.short
        words = 5**letters
        size = 32 * words
        for i in range(letters - 1, -1, -1):
            words //= 5
            _cut_last(address(table), base, words, position + i, address(rows))
        if piece == 0:
            for lane in range(32):
                rows[4 * width * 32 + lane] = table[base + lane]
        base += size
        position += letters


@compiled
def _cut_last(table_at: int, base: int, words: int, position: int, rows_at: int) -> None:
    """Sums over the last letter, in place; each letter's own sum goes to the row of its weights."""
    for half in range(2):
        a, c, g, t = zeros(), zeros(), zeros(), zeros()
        for word in range(words):
            at = np.uint64(base + 160 * word + 16 * half)
            of_a, of_c = load(table_at, at), load(table_at, at + np.uint64(32))
            of_g, of_t = load(table_at, at + np.uint64(64)), load(table_at, at + np.uint64(96))
            a, c, g, t = a + of_a, c + of_c, g + of_g, t + of_t
            total = of_a + of_c + (of_g + of_t) + load(table_at, at + np.uint64(128))
            store(table_at, np.uint64(base + 32 * word + 16 * half), total)
        to = np.uint64(128 * position + 16 * half)
        store(rows_at, to, a)
        store(rows_at, to + np.uint64(32), c)
        store(rows_at, to + np.uint64(64), g)
        store(rows_at, to + np.uint64(96), t)
