"""The one layout of `.get` text: `getdsl fmt`."""

from getdsl.formatter.formatting import formatted

__all__ = ["formatted"]
