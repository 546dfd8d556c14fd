"""What `load`, `lora`, `freeze` and `train_only` will do, tensor by tensor, before anything runs."""
