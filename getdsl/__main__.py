"""`python -m getdsl`."""

from getdsl.cli import main

raise SystemExit(main())
