"""What `load`, `lora`, `freeze` and `train_only` will do, tensor by tensor, before anything runs.

One direction: `compiler.directives` (what the spec asks for) → `matching` (the files' headers against the
model) → `plan.Plan`, which is data → `complaints`, a pure function of it. `planned.plan_spec` makes the plan,
once, and what runs carries out that one.
"""
