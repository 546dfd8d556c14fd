"""Plain answers as the protocol has them, and what it asks as we have it."""
