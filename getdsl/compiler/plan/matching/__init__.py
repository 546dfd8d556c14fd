"""The headers of files held against the tensors of the model: what each key becomes, and what is noticed."""
