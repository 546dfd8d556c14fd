"""Formats of motifs that are not read, known by how they begin."""

from __future__ import annotations

import re
from collections.abc import Sequence

NUMBER = r"[\d.eE+-]{1,40}"
ROW = rf"[ \t]*{NUMBER}([ \t]+{NUMBER}){{3}}[ \t]*\n"  # of four numbers
CONVERT = "universalmotif, of Bioconductor, converts it"
KNOWN = {  # how files begin, what they are then, and what helps
    r"(?s)\s*<(\?xml|!DOCTYPE\s+(MEME|dreme|STREME)\b|MEME|dreme|STREME)": (
        "MEME's XML",
        "take its text output",
    ),
    r"(?i)\s*<(!DOCTYPE html|html)": ("a web page", "save the motifs themselves"),
    r"\s*[{\[]\s*[\"{\]}]": ("JSON", "save the motifs themselves"),
    r"(AC|ID|BA|NA|VV|XX|DE|P[0O])(\s.*)?(\n.*)*?\nP[0O]\s+A\s+C\s+G\s+T": (
        "TRANSFAC's motif format",
        "`transfac2meme`, of the MEME Suite, converts it",
    ),
    r"(?i)((TF|Motif|Gene|Family|Species|DBID)\b.*\n)*\s*Pos(ition)?\s+A\s+C\s+G\s+T\b": (
        "CIS-BP's motif format",
        CONVERT,
    ),
    rf">\S+[\t ][^\t\n]*[\t ]{NUMBER}([\t ].*)?\n{ROW}": ("HOMER's motif format", CONVERT),
    rf">.*\n({ROW}){{5}}": ("HOMER's motif format", CONVERT),
    r">.*\n[ACGTNacgtn]{5,}\s*\n": ("FASTA, which holds sequences", "give a file of motifs"),
}


def other_format(lines: Sequence[str]) -> str | None:
    """What a file is that is of neither format that is read; none where that cannot be said."""
    text = "\n".join([line[:200] for line in lines if line.strip()][:40]) + "\n"
    for pattern, (name, help) in KNOWN.items():
        if re.match(pattern, text):
            return f"it is {name}, and MEME's and JASPAR's matrices are read: {help}"
    return None
