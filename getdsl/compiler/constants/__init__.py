"""What is known at compile time: arithmetic, functions, and values that are set from outside."""
