"""Finds the `rename` table of a file whose keys are not the model's names.

1. **Families.** Numbered steps become `*`: `blocks.0.norm1`, `blocks.1.norm1` … are one family
   `blocks.*.norm1`. What a family holds (for each number, its tensors' last names and shapes) is its
   signature, so a LayerNorm's weight is never taken for its bias, and twelve blocks match twelve.
2. **Alignment.** Only families of one signature can be the same. One that is alone with its
   counterpart is certain; among several, a pair is taken where each is the other's best by name (equal last
   steps first, then parents that are paired already, then likeness), by a clear margin. Ties are
   broken by order, and only where what is certain stands in the file as it does in the model. What is still
   open is ambiguous and not guessed: so are blocks of one shape under other numbers.
3. **Generalisation.** Every pair offers rules of each length, from one step up to its whole path.
   A rule counts if it gives every key that it touches its right name; of these the one that covers most is
   taken first, the shorter of equals. Such rules do not depend on their order.
4. **Proof.** The rules are run over the whole file as `rename` would: all keys must stay apart and all
   pairs arrive.
"""
