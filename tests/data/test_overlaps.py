"""Overlaps on genomes whose bp, chromosome after chromosome, are more than 32 bits count."""

import numpy as np

from getdsl.data.overlaps import Stretches, near


def test_columns_of_few_bits_do_not_overflow() -> None:
    chrom = np.array([0, 12, 23], np.int16)
    start = np.array([5, 240_000_000, 17], np.int32)
    one = Stretches(chrom, start, start + 10)
    other = Stretches(chrom, start + np.array([9, 9, 10], np.int32), start + 30)
    assert near(one, other).tolist() == [0, 1, -1]
    assert near(one, other, gap=1).tolist() == [0, 1, 2]
