"""Scripts for those who work on getdsl; no part of the package."""
