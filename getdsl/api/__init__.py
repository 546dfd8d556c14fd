"""The stages of the command line as functions: `front` needs no torch, `compiling` imports it."""
