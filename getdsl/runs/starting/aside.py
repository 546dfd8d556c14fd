"""Which chromosomes to hold out, by how many regions lie on them."""

from __future__ import annotations

from collections.abc import Collection, Mapping

LEAST, MOST = 0.10, 0.20  # shares of the regions that are a test set, or nearly
FEWEST = 20  # regions, below which a chromosome tells little


def chosen(regions: Mapping[str, int], taken: Collection[str] = ()) -> list[str]:
    """Typical chromosomes that are not taken, with 10 to 20 % of all regions; none where there are no such.

    Those with about as many regions as most others come first, so that neither the largest is lost to
    training nor an odd one judges it.
    """
    total = sum(regions.values())
    sizes = sorted(number for number in regions.values() if number >= FEWEST)
    if not sizes:
        return []
    typical = sizes[len(sizes) // 2]
    order = sorted(
        (name for name, number in regions.items() if number >= FEWEST and name not in taken),
        key=lambda name: abs(regions[name] - typical),
    )
    found: list[str] = []
    held = 0
    for name in order:
        if held < LEAST * total and held + regions[name] <= MOST * total:
            found.append(name)
            held += regions[name]
    enough = held >= LEAST / 2 * total
    return [name for name in regions if name in found] if enough else []
