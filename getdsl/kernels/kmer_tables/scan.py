"""The loops over positions: scores of 32 lanes from a table, pooled over pieces; and their gradients.

With `pairs` the lanes are two strands of 16 motifs, whose values are added: 16 columns of the output a tile.
Without, they are 32 motifs, 32 columns. `shift` and `inverse` [B * tiles * 32] are the normalisation's
(h - shift) * inverse.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from getdsl.kernels.kmer_tables.jit import compiled, inlined
from getdsl.kernels.kmer_tables.layout import Layout
from getdsl.kernels.kmer_tables.vectors import (
    address,
    larger,
    load,
    load_some,
    nonzero,
    relu,
    spread,
    store,
    store_some,
    where_positive,
    where_same,
    word_at,
    zeros,
)

Array = NDArray[Any]
SUBTOTAL = 256  # positions that are summed by themselves: float32 sums of long regions stay exact


class Mode(NamedTuple):
    pairs: bool
    normalise: bool
    largest: bool  # the maximum, not the sum


class Columns(NamedTuple):
    """The columns of a tile: the first, how many in all, and the place of its first normalisation."""

    first: int
    total: int
    tiles: int
    tile: int


class Job(NamedTuple):
    """A tile of motifs over a share of a block's pieces, `begin` to `end`.

    The layout is not in it: where it is a type, numba would look at the whole job in Python, at every call.
    """

    table: Array
    long: Array  # codes of the words
    short: Array
    piece: tuple[Array, ...]  # first, size, row, sample, scale, as a block has them
    begin: int
    end: int
    mode: Mode
    columns: Columns
    shift: Array
    inverse: Array


@inlined
def _scores(table, long, short, layout, place):  # type: ignore[no-untyped-def]
    """The two vectors of scores of the window at a place: a row of each piece's table, added."""
    a, b = zeros(), zeros()
    base = np.uint64(0)
    at = np.uint64(place)
    for _ in range(layout.long_count):
        row = base + np.uint64(32) * word_at(long, at)
        a, b = a + load(table, row), b + load(table, row + np.uint64(16))
        at += np.uint64(layout.long)
        base += np.uint64(layout.long_size)
    for _ in range(layout.short_count):
        row = base + np.uint64(32) * word_at(short, at)
        a, b = a + load(table, row), b + load(table, row + np.uint64(16))
        at += np.uint64(layout.short)
        base += np.uint64(layout.short_size)
    return a, b


@inlined
def _count(first, total):  # type: ignore[no-untyped-def]
    """How many of 16 columns from `first` on there are."""
    return np.uint64(max(0, min(16, total - first)))


@inlined
def _of_sample(values, sample, normalise, columns):  # type: ignore[no-untyped-def]
    """The tile's lanes of a sample's shift or inverse; any where nothing is normalised."""
    at = np.uint64(32 * (sample * columns.tiles + columns.tile)) if normalise else np.uint64(0)
    return load(values, at), load(values, at + np.uint64(16))


@compiled
def pool_sums(
    layout: Layout,
    job: Job,
    fresh: bool,
    out: Array,
) -> None:
    """Adds each piece's sum of ReLU'd scores to its row of out [rows * total]; `fresh` overwrites."""
    first, size, row, _, scale = job.piece
    mode, columns = job.mode, job.columns
    table_at, long_at, short_at = address(job.table), address(job.long), address(job.short)
    out_at = address(out)
    for i in range(job.begin, job.end):
        total_a, total_b = zeros(), zeros()
        begins, ends = first[i], first[i] + size[i]
        for start in range(begins, ends, SUBTOTAL):
            sum_a, sum_b = zeros(), zeros()
            for place in range(start, min(ends, start + SUBTOTAL)):
                a, b = _scores(table_at, long_at, short_at, layout, place)
                sum_a, sum_b = sum_a + relu(a), sum_b + relu(b)
            total_a, total_b = total_a + sum_a, total_b + sum_b
        factor = spread(scale[i])
        if mode.pairs:
            _put(out_at, row[i], columns.first, columns.total, (total_a + total_b) * factor, False, fresh)
        else:
            _put(out_at, row[i], columns.first, columns.total, total_a * factor, False, fresh)
            _put(out_at, row[i], columns.first + 16, columns.total, total_b * factor, False, fresh)


@compiled
def pool_any(
    layout: Layout,
    job: Job,
    fresh: bool,
    out: Array,
) -> None:
    """As `pool_sums`, in every mode: strands are added at each position, and normalised."""
    first, size, row, sample, scale = job.piece
    mode, columns = job.mode, job.columns
    table_at, long_at, short_at = address(job.table), address(job.long), address(job.short)
    shift_at, inverse_at = address(job.shift), address(job.inverse)
    out_at = address(out)
    for i in range(job.begin, job.end):
        shift_a, shift_b = _of_sample(shift_at, sample[i], mode.normalise, columns)
        inverse_a, inverse_b = _of_sample(inverse_at, sample[i], mode.normalise, columns)
        total_a, total_b = zeros(), zeros()
        begins, ends = first[i], first[i] + size[i]
        for start in range(begins, ends, SUBTOTAL):
            sum_a, sum_b = zeros(), zeros()
            for place in range(start, min(ends, start + SUBTOTAL)):
                a, b = _scores(table_at, long_at, short_at, layout, place)
                a, b = relu(a), relu(b)
                if mode.pairs:
                    a = a + b
                if mode.normalise:
                    a, b = relu((a - shift_a) * inverse_a), relu((b - shift_b) * inverse_b)
                if mode.largest:
                    sum_a, sum_b = larger(sum_a, a), larger(sum_b, b)
                else:
                    sum_a, sum_b = sum_a + a, sum_b + b
            if mode.largest:
                total_a, total_b = larger(total_a, sum_a), larger(total_b, sum_b)
            else:
                total_a, total_b = total_a + sum_a, total_b + sum_b
        factor = spread(scale[i])
        _put(out_at, row[i], columns.first, columns.total, total_a * factor, mode.largest, fresh)
        if not mode.pairs:
            _put(out_at, row[i], columns.first + 16, columns.total, total_b * factor, mode.largest, fresh)


@compiled
def _put(out: int, row: int, first: int, total: int, value: Any, largest: bool, fresh: bool) -> None:
    """Into 16 columns of a row, as far as there are so many. No value is below zero."""
    count = _count(first, total)
    if count == 0:
        return
    at = np.uint64(row * total + first)
    if not fresh:
        before = load_some(out, at, count)
        value = larger(before, value) if largest else before + value
    store_some(out, at, count, value)


@inlined
def _scatter(table, long, short, layout, place, half, value):  # type: ignore[no-untyped-def]
    """Adds to the row of each piece's word. Takes addresses."""
    base = half
    at = np.uint64(place)
    for _ in range(layout.long_count):
        row = base + np.uint64(32) * word_at(long, at)
        store(table, row, load(table, row) + value)
        at += np.uint64(layout.long)
        base += np.uint64(layout.long_size)
    for _ in range(layout.short_count):
        row = base + np.uint64(32) * word_at(short, at)
        store(table, row, load(table, row) + value)
        at += np.uint64(layout.short)
        base += np.uint64(layout.short_size)


@inlined
def _scatter_both(table, long, short, layout, place, a, b):  # type: ignore[no-untyped-def]
    if nonzero(a):
        _scatter(table, long, short, layout, place, np.uint64(0), a)
    if nonzero(b):
        _scatter(table, long, short, layout, place, np.uint64(16), b)


@inlined
def _add_row(table, a, b):  # type: ignore[no-untyped-def]
    """To the table's first row."""
    store(table, np.uint64(0), load(table, np.uint64(0)) + a)
    store(table, np.uint64(16), load(table, np.uint64(16)) + b)


@inlined
def _gradients(a, b, mode, shift_a, shift_b, inverse_a, inverse_b, best_a, best_b, grad_a, grad_b):  # type: ignore[no-untyped-def]
    """The gradients of the two scores, and what is left of a maximum's gradients after its first position."""
    up_a, up_b = relu(a), relu(b)
    if mode.pairs:
        up_a = up_a + up_b
    flow_a, flow_b = grad_a, grad_b
    if mode.normalise:
        up_a, up_b = (up_a - shift_a) * inverse_a, (up_b - shift_b) * inverse_b
        flow_a, flow_b = where_positive(up_a, flow_a), where_positive(up_b, flow_b)
        up_a, up_b = relu(up_a), relu(up_b)
    if mode.largest:
        hit_a, hit_b = where_same(up_a, best_a, grad_a), where_same(up_b, best_b, grad_b)
        grad_a, grad_b = grad_a - hit_a, grad_b - hit_b
        flow_a, flow_b = where_same(up_a, best_a, flow_a), where_same(up_b, best_b, flow_b)
    if mode.normalise:
        flow_a, flow_b = flow_a * inverse_a, flow_b * inverse_b
    if mode.pairs:
        flow_b = flow_a
    return where_positive(a, flow_a), where_positive(b, flow_b), grad_a, grad_b


@compiled
def table_gradient(
    layout: Layout,
    job: Job,
    grad: Array,
    best: Array,
    only_bias: bool,
    gradient: Array,
) -> None:
    """Adds to the table's gradient what each position gives; with `only_bias` to one row for all.

    grad [rows * total] is that of the pooled output, best [rows * total] the output itself, read for a
    maximum only; then grad is set to zero where the maximum has been met.
    """
    first, size, row, sample, scale = job.piece
    mode, columns = job.mode, job.columns
    table_at, long_at, short_at = address(job.table), address(job.long), address(job.short)
    shift_at, inverse_at = address(job.shift), address(job.inverse)
    grad_at, best_at, gradient_at = address(grad), address(best), address(gradient)
    bias_a, bias_b = zeros(), zeros()
    for i in range(job.begin, job.end):
        shift_a, shift_b = _of_sample(shift_at, sample[i], mode.normalise, columns)
        inverse_a, inverse_b = _of_sample(inverse_at, sample[i], mode.normalise, columns)
        grad_a, grad_b = _take(grad_at, row[i], mode.pairs, columns, spread(scale[i]))
        best_a, best_b = zeros(), zeros()
        if mode.largest:
            best_a, best_b = _take(best_at, row[i], mode.pairs, columns, spread(np.float32(1)))
        if not (nonzero(grad_a) | nonzero(grad_b)):
            continue
        sum_a, sum_b = zeros(), zeros()
        begins, ends = first[i], first[i] + size[i]
        for place in range(begins, ends):
            a, b = _scores(table_at, long_at, short_at, layout, place)
            flow_a, flow_b, grad_a, grad_b = _gradients(
                a, b, mode, shift_a, shift_b, inverse_a, inverse_b, best_a, best_b, grad_a, grad_b
            )
            if only_bias:
                sum_a, sum_b = sum_a + flow_a, sum_b + flow_b
            else:
                _scatter_both(gradient_at, long_at, short_at, layout, place, flow_a, flow_b)
            if mode.largest and not (nonzero(grad_a) | nonzero(grad_b)):
                break
        bias_a, bias_b = bias_a + sum_a, bias_b + sum_b
        if mode.largest:
            _leave(grad_at, row[i], mode.pairs, columns, grad_a, grad_b)
    if only_bias:
        _add_row(gradient_at, bias_a, bias_b)


@compiled
def sequence_gradient(
    layout: Layout,
    job: Job,
    grad: Array,
    best: Array,
    kernels: Array,
    width: int,
    gradient: Array,
) -> None:
    """Adds what each window gets to gradient [(places + width) * 4], which starts at the first piece.

    kernels [32 * 4 * width] holds each lane's weights, base by base.
    """
    first, size, row, sample, scale = job.piece
    mode, columns = job.mode, job.columns
    table_at, long_at, short_at = address(job.table), address(job.long), address(job.short)
    shift_at, inverse_at = address(job.shift), address(job.inverse)
    grad_at, best_at = address(grad), address(best)
    flows = np.empty(32, np.float32)
    flows_at = address(flows)
    for i in range(job.begin, job.end):
        shift_a, shift_b = _of_sample(shift_at, sample[i], mode.normalise, columns)
        inverse_a, inverse_b = _of_sample(inverse_at, sample[i], mode.normalise, columns)
        grad_a, grad_b = _take(grad_at, row[i], mode.pairs, columns, spread(scale[i]))
        best_a, best_b = zeros(), zeros()
        if mode.largest:
            best_a, best_b = _take(best_at, row[i], mode.pairs, columns, spread(np.float32(1)))
        begins, ends = first[i], first[i] + size[i]
        for place in range(begins, ends):
            a, b = _scores(table_at, long_at, short_at, layout, place)
            flow_a, flow_b, grad_a, grad_b = _gradients(
                a, b, mode, shift_a, shift_b, inverse_a, inverse_b, best_a, best_b, grad_a, grad_b
            )
            if nonzero(flow_a) | nonzero(flow_b):
                store(flows_at, np.uint64(0), flow_a)
                store(flows_at, np.uint64(16), flow_b)
                to = 4 * (place - first[job.begin])
                for lane in range(32):
                    flow = flows[lane]
                    if flow != 0:
                        at = lane * 4 * width
                        for k in range(4 * width):
                            gradient[np.uint64(to + k)] += flow * kernels[np.uint64(at + k)]
        if mode.largest:
            _leave(grad_at, row[i], mode.pairs, columns, grad_a, grad_b)


@inlined
def _take(values, row, pairs, columns, factor):  # type: ignore[no-untyped-def]
    """The tile's columns of a row; with pairs the same for both strands."""
    at = np.uint64(row * columns.total + columns.first)
    a = load_some(values, at, _count(columns.first, columns.total)) * factor
    b = a
    if not pairs:
        b = load_some(values, at + np.uint64(16), _count(columns.first + 16, columns.total)) * factor
    return a, b


@inlined
def _leave(values, row, pairs, columns, a, b):  # type: ignore[no-untyped-def]
    at = np.uint64(row * columns.total + columns.first)
    store_some(values, at, _count(columns.first, columns.total), a)
    if not pairs:
        store_some(values, at + np.uint64(16), _count(columns.first + 16, columns.total), b)
