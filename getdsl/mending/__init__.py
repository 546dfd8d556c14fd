"""`getdsl check --fix`: the fixes of diagnostics made in the files of a spec, and never to its harm."""
