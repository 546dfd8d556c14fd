"""How a kernel's width is cut into pieces whose words are tabulated."""

from typing import NamedTuple

LONGEST = 4  # bases in a piece: eight pieces' tables of both strands' 16 motifs then stay in a core's L2
LETTERS = 5  # A C G T N


class Layout(NamedTuple):
    """`long_count` pieces of `long` bases, then `short_count` of `long - 1`.

    Sizes are in float32: of a piece's table, a row of 32 for each word of A C G T N.
    """

    long: int
    long_count: int
    long_size: int
    short: int
    short_count: int
    short_size: int

    @property
    def size(self) -> int:
        return self.long_count * self.long_size + self.short_count * self.short_size

    @property
    def pieces(self) -> int:
        return self.long_count + self.short_count


def layout_of(width: int, positions: int) -> Layout:
    """The layout for a kernel of `width` that takes the least work at `positions` positions."""
    layouts = [_with_pieces(width, -(-width // longest)) for longest in range(1, LONGEST + 1)]
    return min(layouts, key=lambda layout: _work(layout, positions))


def _with_pieces(width: int, pieces: int) -> Layout:
    long = -(-width // pieces)
    long_count = width - pieces * (long - 1)
    return Layout(
        long, long_count, 32 * LETTERS**long, long - 1, pieces - long_count, 32 * LETTERS ** (long - 1)
    )


def _work(layout: Layout, positions: int) -> int:
    """Vector operations for 16 motifs: a table's row takes about three, a position one for each piece."""
    return 3 * layout.size // 32 + positions * layout.pieces
