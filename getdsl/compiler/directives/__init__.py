"""`load`, `lora`, `freeze` and `train_only` as typed values, held against the names of the model.

They stand below the cost model and the plan: both ask which weights are trained.
"""
