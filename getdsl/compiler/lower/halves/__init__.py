"""The torch halves of operations that are more than a function of torch's."""
