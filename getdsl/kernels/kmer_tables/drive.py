"""The scan of a whole batch: its blocks in turn, the tiles of motifs shared out among threads."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from getdsl.kernels.kmer_tables.blocks import Block, blocks_of
from getdsl.kernels.kmer_tables.fixed import FixedLayout
from getdsl.kernels.kmer_tables.layout import Layout, layout_of
from getdsl.kernels.kmer_tables.scan import (
    Columns,
    Job,
    Mode,
    pool_any,
    pool_sums,
    sequence_gradient,
    table_gradient,
)
from getdsl.kernels.kmer_tables.tables import fill_table, fold_table, gather_lanes
from getdsl.kernels.kmer_tables.vectors import aligned
from getdsl.kernels.kmer_tables.workers import run_all, workers

Array = NDArray[Any]
# of a block's work, at least: a number that the threads do not change, so that sums do not either
SHARES = 16

FIXED_FROM = 100_000  # positions times tiles: 2 ms of work without a layout of its own


class Scan(NamedTuple):
    """What is scanned for what. sequence: codes [B, L] or one-hot [B, L, 4]; lengths [B, R], or none: each
    position is a region; weight [K, 4, D] and bias [K] float32; mean_std [B, 2, M] float32."""

    sequence: Array
    lengths: Array | None
    weight: Array
    bias: Array
    pairs: bool
    mean_std: Array | None
    reduce: str

    @property
    def width(self) -> int:
        return int(self.weight.shape[2])

    @property
    def columns(self) -> int:
        return len(self.weight) // 2 if self.pairs else len(self.weight)

    @property
    def mode(self) -> Mode:
        return Mode(self.pairs, self.mean_std is not None, self.reduce == "max")

    @property
    def tiles(self) -> int:
        return -(-self.columns // self.step)

    @property
    def step(self) -> int:
        """The columns of a tile."""
        return 16 if self.pairs else 32

    def lanes(self) -> Array:
        """The kernel of each lane [tiles, 32], -1 where there is none."""
        found = np.full((self.tiles, 32), -1)
        columns = np.arange(self.tiles * self.step).reshape(self.tiles, self.step)
        found[:, : self.step] = np.where(columns < self.columns, columns, -1)
        if self.pairs:
            found[:, 16:] = np.where(columns < self.columns, columns + self.columns, -1)
        return found

    @property
    def positions(self) -> int:
        return int(self.sequence.shape[0] * self.sequence.shape[1])

    def layout(self) -> Layout:
        return layout_of(self.width, self.positions)

    def compiled_layout(self, layout: Layout) -> Any:
        """The layout as the loops take it."""
        return FixedLayout(layout) if self.positions * self.tiles > FIXED_FROM else layout

    def blocks(self, layout: Layout) -> Iterator[Block]:
        return blocks_of(self.sequence, self.lengths, self.width, layout, self.reduce == "mean")

    def normalisation(self) -> tuple[Array, Array]:
        """Mean and 1 / standard deviation of each lane, flat [B * tiles * 32]."""
        if self.mean_std is None:
            return np.zeros(32, np.float32), np.ones(32, np.float32)
        batch = len(self.mean_std)
        shift, inverse = (np.full((batch, self.tiles, 32), fill, np.float32) for fill in (0, 1))
        padded = np.ones((batch, 2, self.tiles * self.step), np.float32)
        padded[:, :, : self.columns] = self.mean_std
        tiled = padded.reshape(batch, 2, self.tiles, self.step)
        shift[:, :, : self.step] = tiled[:, 0]
        with np.errstate(divide="ignore"):
            inverse[:, :, : self.step] = 1 / tiled[:, 1]
        return shift.reshape(-1), inverse.reshape(-1)

    def tile(self, number: int) -> Columns:
        return Columns(number * self.step, self.columns, self.tiles, number)


class _Worker:
    """A worker's memory: the rows of a tile's weights and its table."""

    def __init__(self, scan: Scan, layout: Layout) -> None:
        self.rows = aligned((4 * scan.width + 1) * 32)
        self.table = aligned(layout.size)


class _Run:
    """One pass over a batch: its blocks in turn, the work on each cut into items that threads take."""

    def __init__(self, scan: Scan, items: int, groups: int) -> None:
        """`groups`: the shares of positions that a block is cut into."""
        self.scan, self.layout, self.lanes = scan, scan.layout(), scan.lanes()
        self.items, self.groups = items, groups
        self.known = scan.compiled_layout(self.layout)
        self.shift, self.inverse = scan.normalisation()
        self.workers = [_Worker(scan, self.layout) for _ in range(workers(items))]

    def blocks(self) -> Iterator[tuple[Block, Array]]:
        """Each block, and the bounds of its shares."""
        for block in self.scan.blocks(self.layout):
            yield block, _shares(block, self.groups)

    def job(self, worker: int, tile: int, block: Block, begin: int, end: int) -> Job:
        """The tile's table, in the worker's memory, over the block's pieces from `begin` to `end`."""
        scan, memory = self.scan, self.workers[worker]
        gather_lanes(scan.weight, scan.bias, self.lanes[tile], memory.rows)
        fill_table(memory.rows, scan.width, self.layout, memory.table)
        return Job(
            memory.table,
            block.long,
            block.short,
            block[:5],
            begin,
            end,
            scan.mode,
            scan.tile(tile),
            self.shift,
            self.inverse,
        )


def _by_tile(scan: Scan) -> _Run:
    """A run whose items are tiles, in shares of positions where tiles are few: tile + tiles * share."""
    groups = max(1, SHARES // max(scan.tiles, 1))
    return _Run(scan, scan.tiles * groups, groups)


def pool(scan: Scan, out: Array) -> None:
    """Fills out [rows, M], which holds zeros; without lengths it may hold anything. Raises NotOneHotError."""
    run, fresh, flat = _by_tile(scan), scan.lengths is None, out.reshape(-1)
    loop = pool_any if scan.mode.normalise or scan.mode.largest else pool_sums
    for block, bounds in run.blocks():

        def work(item: int, worker: int, block: Block = block, bounds: Array = bounds) -> None:
            share, tile = divmod(item, scan.tiles)
            loop(run.known, run.job(worker, tile, block, bounds[share], bounds[share + 1]), fresh, flat)

        run_all(work, run.items)


def kernel_gradients(scan: Scan, grad: Array, best: Array, only_bias: bool) -> tuple[Array, Array]:
    """The gradients of weight [K, 4, D] and bias [K], in float64; with `only_bias` the first holds zeros.

    grad [rows, M] is that of the output, and is used up by a maximum; best [rows, M] is the output.
    """
    run = _by_tile(scan)
    gradients = [aligned(32 if only_bias else run.layout.size) for _ in run.workers]
    sums = np.zeros((run.items, (4 * scan.width + 1) * 32), np.float32)
    total = np.zeros((scan.tiles, 4 * scan.width + 1, 32))
    for block, bounds in run.blocks():

        def work(item: int, worker: int, block: Block = block, bounds: Array = bounds) -> None:
            share, tile = divmod(item, scan.tiles)
            job = run.job(worker, tile, block, bounds[share], bounds[share + 1])
            gradient = gradients[worker]
            gradient[:] = 0
            table_gradient(run.known, job, grad.reshape(-1), best.reshape(-1), only_bias, gradient)
            if only_bias:
                sums[item, -32:] = gradient
            else:
                fold_table(gradient, scan.width, run.layout, sums[item])

        run_all(work, run.items)
        for item in range(run.items):  # in order, whatever the order in which they were done
            total[item % scan.tiles] += sums[item].reshape(-1, 32)
    return _by_kernel(scan, run.lanes, total)


def _by_kernel(scan: Scan, lanes: Array, total: Array) -> tuple[Array, Array]:
    """From [tiles, 4 * D + 1, 32] to weight [K, 4, D] and bias [K]."""
    weight, bias = np.zeros(scan.weight.shape), np.zeros(len(scan.weight))
    used = lanes >= 0
    by_lane = total.transpose(0, 2, 1)[used]  # [K in order of lanes, 4 * D + 1]
    weight[lanes[used]] = by_lane[:, :-1].reshape(-1, scan.width, 4).transpose(0, 2, 1)
    bias[lanes[used]] = by_lane[:, -1]
    return weight, bias


def input_gradient(scan: Scan, grad: Array, best: Array, out: Array) -> None:
    """Adds the gradient of the one-hot sequence to out [B, L, 4] float32; arguments as above."""
    run = _Run(scan, SHARES, SHARES)
    kernels = _kernels_by_lane(scan, run.lanes)
    flat_grad, flat_best = grad.reshape(-1), best.reshape(-1)
    for block, bounds in run.blocks():
        buffers: list[Array | None] = [None] * SHARES

        def work(
            item: int, worker: int, block: Block = block, bounds: Array = bounds, buffers: Any = buffers
        ) -> None:
            begin, end = bounds[item], bounds[item + 1]
            if begin == end:
                return
            places = block.first[end - 1] + block.size[end - 1] - block.first[begin]
            buffers[item] = np.zeros(4 * (places + scan.width), np.float32)
            for tile in range(scan.tiles):
                job = run.job(worker, tile, block, begin, end)
                sequence_gradient(
                    run.known, job, flat_grad, flat_best, kernels[tile], scan.width, buffers[item]
                )

        run_all(work, SHARES)
        _spread_runs(scan, block, bounds, buffers, out)


def _kernels_by_lane(scan: Scan, lanes: Array) -> Array:
    """Each lane's weights, position by position [tiles, 32 * D * 4]."""
    by_position = scan.weight.transpose(0, 2, 1)  # [K, D, 4]
    return np.where((lanes >= 0)[..., None, None], by_position[lanes], 0).reshape(scan.tiles, -1)


def _spread_runs(scan: Scan, block: Block, bounds: Array, buffers: list[Array | None], out: Array) -> None:
    """From the places of a block's shares to the positions of the samples, cutting the margins off."""
    places = np.zeros((block.places + 2 * scan.width, 4), np.float32)
    for begin, buffer in zip(bounds, buffers, strict=False):
        if buffer is not None:
            start = block.first[begin]
            places[start : start + len(buffer) // 4] += buffer.reshape(-1, 4)
    margin, length = (scan.width - 1) // 2, scan.sequence.shape[1]
    for sample, position, place, count in block.run:
        start, stop = position - margin, position - margin + count + scan.width - 1
        low, high = max(start, 0), min(stop, length)
        out[sample, low:high] += places[place + low - start : place + high - start]


def _shares(block: Block, count: int) -> Array:
    """Bounds that cut a block's pieces into `count` shares of about as many positions."""
    ends = np.cumsum(block.size)
    targets = ends[-1] * np.arange(1, count) / count
    return np.concatenate([[0], np.searchsorted(ends, targets, side="left") + 1, [len(ends)]]).clip(
        max=len(ends)
    )
