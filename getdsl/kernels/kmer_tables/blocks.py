"""Cuts the positions of a batch into blocks of a fixed size, and codes the words of each.

A block holds pieces (consecutive positions of one region) and runs (consecutive positions of one sample).
Its words stand in two arrays: the codes of the long and of the short word that starts at each place of its
runs, the kernel's margins included.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from getdsl.kernels.kmer_tables.jit import compiled
from getdsl.kernels.kmer_tables.layout import Layout

POSITIONS = 131_072  # in a block
RUNS = 1024
UNKNOWN = 4  # the code of N, and of what lies outside of a sequence

Array = NDArray[Any]


class Block(NamedTuple):
    """The pieces: `first` is the place of the first window, `size` the number of positions.

    The runs: `run` [n, 4] holds sample, first position, place, positions.
    """

    first: Array
    size: Array
    row: Array
    sample: Array
    scale: Array
    run: Array
    long: Array  # codes of the words
    short: Array

    @property
    def places(self) -> int:
        return int(self.run[-1, 2] + self.run[-1, 3])


class NotOneHotError(Exception):
    """The sequence holds something else than whole bases."""


def blocks_of(
    sequence: Array, lengths: Array | None, width: int, layout: Layout, mean: bool
) -> Iterator[Block]:
    """The blocks of a sequence: codes [B, L] or one-hot [B, L, 4]; each is overwritten by the next.

    Regions are those of `lengths` [B, R], or each position by itself. Raises NotOneHotError.
    """
    batch, length = sequence.shape[:2]
    positions = min(POSITIONS, batch * length)
    runs = min(RUNS, batch)
    pieces = positions if lengths is None else min(positions, lengths.size)
    places = positions + runs * width
    first, size, row, sample = (np.empty(pieces, np.int64) for _ in range(4))
    scale = np.empty(pieces, np.float32)
    run = np.empty((runs, 4), np.int64)
    codes = np.empty(places + layout.long, np.uint8)
    long, short = np.empty(places, np.uint16), np.empty(places, np.uint16)
    cursor = np.zeros(4, np.int64)
    while True:
        if lengths is None:
            count, run_count = _cut_positions(
                batch, length, cursor, positions, width, first, size, row, sample, run
            )
            scale[:count] = 1
        else:
            count, run_count = _cut_regions(
                lengths, cursor, positions, width, mean, first, size, row, sample, scale, run
            )
        if not count:
            return
        block = Block(
            first[:count],
            size[:count],
            row[:count],
            sample[:count],
            scale[:count],
            run[:run_count],
            long,
            short,
        )
        encode = _encode_codes if sequence.ndim == 2 else _encode_one_hot
        if not encode(sequence, block.run, width, codes):
            raise NotOneHotError
        _words(codes, block.places + width - 1, layout.long, long, short)
        yield block


@compiled
def _cut_regions(
    lengths: Array,
    cursor: Array,
    limit: int,
    width: int,
    mean: bool,
    first: Array,
    size: Array,
    row: Array,
    sample: Array,
    scale: Array,
    run: Array,
) -> tuple[int, int]:
    """The pieces of the next block; `cursor`: sample, region, positions done of the region, of the sample."""
    b, r, done, position = cursor
    count, runs, used, place = 0, 0, 0, 0
    open_run = False
    while b < lengths.shape[0] and used < limit and count < first.size:
        if r == lengths.shape[1]:
            b, r, done, position, open_run = b + 1, 0, 0, 0, False
            continue
        left = lengths[b, r] - done
        if left == 0:
            r, done = r + 1, 0
            continue
        if not open_run:
            if runs == run.shape[0]:
                break
            run[runs, 0], run[runs, 1], run[runs, 2], run[runs, 3] = b, position, place, 0
            place += width - 1
            runs, open_run = runs + 1, True
        take = min(left, limit - used)
        first[count] = run[runs - 1, 2] + position - run[runs - 1, 1]
        size[count], row[count], sample[count] = take, b * lengths.shape[1] + r, b
        scale[count] = 1.0 / lengths[b, r] if mean else 1.0
        run[runs - 1, 3] += take
        count += 1
        used, place, done, position = used + take, place + take, done + take, position + take
    cursor[0], cursor[1], cursor[2], cursor[3] = b, r, done, position
    return count, runs


@compiled
def _cut_positions(
    batch: int,
    length: int,
    cursor: Array,
    limit: int,
    width: int,
    first: Array,
    size: Array,
    row: Array,
    sample: Array,
    run: Array,
) -> tuple[int, int]:
    """As `_cut_regions`, each position a region; `cursor` is sample and position."""
    b, position = cursor[0], cursor[1]
    count, runs, place = 0, 0, 0
    while b < batch and count < limit and runs < run.shape[0] and length > 0:
        take = min(length - position, limit - count)
        run[runs, 0], run[runs, 1], run[runs, 2], run[runs, 3] = b, position, place, take
        for i in range(take):
            first[count], size[count], row[count], sample[count] = place + i, 1, b * length + position + i, b
            count += 1
        place += take + width - 1
        runs += 1
        position += take
        if position == length:
            b, position = b + 1, 0
    cursor[0], cursor[1] = b, position
    return count, runs


@compiled
def _encode_codes(sequence: Array, run: Array, width: int, codes: Array) -> bool:
    """The base at each place of the runs; false where a code is above 4."""
    margin, length = (width - 1) // 2, sequence.shape[1]
    worst = np.uint8(0)
    for i in range(run.shape[0]):
        b, start, place, places = run[i, 0], run[i, 1] - margin, run[i, 2], run[i, 3] + width - 1
        low, high = max(0, -start), min(places, length - start)
        codes[place : place + places] = UNKNOWN
        for j in range(low, high):
            code = sequence[b, start + j]
            worst = max(worst, code)
            codes[place + j] = min(code, np.uint8(UNKNOWN))
    return bool(worst <= UNKNOWN)


@compiled
def _encode_one_hot(sequence: Array, run: Array, width: int, codes: Array) -> Any:
    """As `_encode_codes`; false where a position is neither one base nor all zeros."""
    margin, length = (width - 1) // 2, sequence.shape[1]
    whole = True
    for i in range(run.shape[0]):
        b, start, place, places = run[i, 0], run[i, 1] - margin, run[i, 2], run[i, 3] + width - 1
        low, high = max(0, -start), min(places, length - start)
        codes[place : place + places] = UNKNOWN
        for j in range(low, high):
            a, c = sequence[b, start + j, 0], sequence[b, start + j, 1]
            g, t = sequence[b, start + j, 2], sequence[b, start + j, 3]
            whole &= (
                ((a == 0) | (a == 1)) & ((c == 0) | (c == 1)) & ((g == 0) | (g == 1)) & ((t == 0) | (t == 1))
            )
            codes[place + j] = UNKNOWN - 4 * (a == 1) - 3 * (c == 1) - 2 * (g == 1) - (t == 1)
            whole &= (a == 1) + (c == 1) + (g == 1) + (t == 1) <= 1
    return whole


@compiled
def _words(codes: Array, places: int, long: int, long_words: Array, short_words: Array) -> None:
    """The numbers in base 5 of the words of `long` and `long - 1` letters that start at each place.

    Beyond `places` there are `long` more codes, of anything. A loop over the places for each letter is
    one that the processor's vectors do.
    """
    codes[places : places + long] = UNKNOWN
    short_words[:places] = 0
    for i in range(long - 1):
        for place in range(places):
            short_words[place] = np.uint16(5) * short_words[place] + codes[place + i]
    for place in range(places):
        long_words[place] = np.uint16(5) * short_words[place] + codes[place + long - 1]
