"""The models that a first spec begins with, and how each is trained."""

from __future__ import annotations

from string import Template

PROFILE = Template('''model Profile {
    """
    Where the reads of a region lie and how many there are, from its DNA: a small BPNet
    (Avsec et al. 2021). A profile of each track, one base at a time, and one count of all of them.
    """

    param length:      int   = $length    { """bp that have a profile""" }
    param width:       int   = 32     { """channels""" }
    param layers:      int   = 5      { """dilated convolutions, each of which sees twice as far""" }
    param margin:      int   = 2 ** (layers + 1) + 10   { """bp that are read on both sides of it""" }
    param counts_mean: float = $mean   { """of log2(1 + reads), on the training regions""" }
    param counts_std:  float = $std   { """likewise""" }

    input sequence: onehot[B, length + 2 * margin, 4]    # channels A C G T; N is all zeros

    stem = sequence -> Conv1d(width, kernel_size = 21)
    x    = relu(stem)
    for i in 0..layers {
        dilated[i] = x -> Conv1d(width, kernel_size = 3, dilation = 2 ** (i + 1))
        x          = x + relu(dilated[i])
    }

    middle       = x[:, margin:length + margin]
    profile_head = middle -> Conv1d($tracks, kernel_size = 25)
    counts_head  = mean(middle, dim = 1) -> Linear(1, init = "default")

    output profile = profile_head                                            # [B, length, $tracks], logits
    output counts  = counts_mean + counts_std * squeeze(counts_head, 1)      # [B], log2(1 + reads)
}
''')

PROFILE_TRAINING = Template("""loss {  # the weight lets both be learnt: about a tenth of a region's reads
    profile = MNLL(log_softmax(flatten(profile, 1), dim = 1), flatten(batch.signal, 1))
    counts  = MSE(counts, log2(1 + sum(batch.signal, dim = [1, 2]))) weight $weight
}

metrics {
    counts = [pearson, spearman, r2]
}

optimizer = AdamW(lr = 2e-3, weight_decay = 0.01)
schedule  = cosine(min_lr = 2e-5, warmup_epochs = 1)

train {
    epochs     = $epochs
    batch_size = 64
}
""")

REGION = Template('''model $name {
    """
    $what, from its DNA: $how,
    let neighbouring bins see each other, and read the region part by part.
    """

$motifs    param bin_size:   int   = 10   { """bp pooled into one bin""" }
    param parts:      int   = 10   { """stretches of the sequence that the head tells apart""" }
    param width:      int   = 64   { """channels of the encoder""" }
    param label_mean: float = $mean { """of $label, on the training regions""" }
    param label_std:  float = $std { """likewise""" }

    input sequence: onehot[B, L, 4]               # channels A C G T; N is all zeros
$celltype
$scan
    proj    = bins -> Linear(width, init = "default")
    conv    = relu(proj) -> Conv1d(width, kernel_size = 5)
    encoder = (relu(proj) + relu(conv)) -> Dropout(0.3)

    windows = encoder -> SplitPool(full([B, parts], L // bin_size // parts), pool_method = "mean")
    hidden  = reshape(windows, B, parts * width) -> Linear(128, init = "default")
    head    = relu(hidden) -> Dropout(0.4) -> Linear($heads, init = "default")
$own
    output $output = label_mean + label_std * $value     # $shape, $label
}
''')

MOTIFS = Template('''    param motifs:     path  = $motifs { """known motifs, which training may refine""" }
''')
FIND = "find patterns in it, keep the best of each bin"
COUNT = "scan for known motifs on both strands, count them in bins"
SCAN = Template("""    motif_scanner = sequence -> MotifScanner(motifs = motifs, kernel_size = $kernel,
                                             prior = "log_odds", learnable = true, tie_strands = true)
    bins          = motif_scanner -> SplitPool(full([B, L // bin_size], bin_size), pool_method = "sum")
""")
STEM = Template("""    stem = sequence -> Conv1d(128, kernel_size = 19)
    bins = relu(stem) -> SplitPool(full([B, L // bin_size], bin_size), pool_method = "max")
""")

CELLTYPE = """    input celltype: int[B]                        # the number of the sample's cell type
"""
OWN = Template("""
    own = to_float(unsqueeze(celltype, 1) == 0)       # 1 for the sample's own cell type, 0 for others
    for i in 1..$types { own = concat([own, to_float(unsqueeze(celltype, 1) == i)], dim = 1) }
""")

REGION_TRAINING = Template("""loss {
    $output = MSE($output, $target)
}

metrics {
    $output = [pearson, spearman, r2]
}

optimizer = AdamW(lr = 3e-3, weight_decay = 0.05$lr_of)
schedule  = cosine(min_lr = 3e-6, warmup_epochs = 1)

train {
    epochs             = $epochs
    batch_size         = 64
    reverse_complement = true
$baseline}
""")

DATA = Template("""data {
    genome  = $genome
    regions = $regions
$celltypes$renamed
    batch {
$batch
    }

$held
}
""")
