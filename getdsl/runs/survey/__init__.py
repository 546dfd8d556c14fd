"""What the data of a spec hold: counted, measured, drawn and timed."""
