"""The language server: what `getdsl check` knows of a spec, told to editors while it is written.

Features are functions of an analysis and a place, a file each, and know nothing of the protocol; `server.py`
and `wire/` speak it.
"""
