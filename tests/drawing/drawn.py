"""Pictures to test, and a hostile spec whose names must not get out of where they stand."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import getdsl
from getdsl.compiler.spec import Spec
from getdsl.drawing.draw import draw
from getdsl.drawing.picture import Box, Picture

ROOT = Path(__file__).parents[2]

SMALL = '''
block Twice {
    """Two layers: </script><script>document.title = "broken"</script> & "quotes" \\\\ `ticks`."""
    param width: int
    param note: str = "</script><!-- ]]> <b onclick=x> ' \\" \\\\N | #quot; --> \u202e"
    input x: [B, D]
    one = x -> Linear(width)
    two = relu(one) -> Linear(width)
    output y = x + two
}
model Small {
    """A <i>model</i> & more."""
    input dna: onehot[B, L, 4]
    hits = dna -> Conv1d(8, kernel_size = 9)
    pooled = mean(relu(hits), 1)
    x = pooled
    for i in 0..4 {
        layers[i] = x -> Twice(8)
        x = layers[i]
    }
    shared = Linear(8)
    again = x -> shared -> shared
    head = again -> Linear(1)
    output score = squeeze(head, 1)
}
load "weights.pth" { into = hits }
freeze = [hits]
lora { on = ["layers.*"]  rank = 4 }
'''


@cache
def small() -> Picture:
    return draw(spec_of(SMALL))


def spec_of(text: str) -> Spec:
    checked = getdsl.check_text(text)
    assert checked.spec is not None, [item.message for item in checked.diagnostics]
    return checked.spec


def boxes(picture: Picture) -> dict[str, Box]:
    return {box.id: box for box in picture.inside.walk()}
