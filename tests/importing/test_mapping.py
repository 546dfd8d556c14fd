"""What becomes of each section of a config."""

import re
from pathlib import Path

import pytest

import getdsl
from getdsl.compiler.check import check_text
from getdsl.importing import Imported, import_config
from getdsl.importing.config import ConfigError
from getdsl.importing.ledger import Entry

CONFIGS = Path(__file__).parent / "configs"
HEAD = "model:\n  _target_: get_model.model.model.{}\n"
REGION = HEAD.format("GETRegionFinetune")


def made(text: str, tmp_path: Path, *settings: str) -> Imported:
    path = tmp_path / "some.yaml"
    path.write_text(text)
    found = import_config([path], settings)
    assert found.checked is None or found.checked.ok, found.checked.diagnostics
    assert found.gap is not None or found.text == getdsl.format_text(found.text)
    return found


def fate(found: Imported, path: str) -> Entry:
    [entry] = [item for item in found.entries if item.path == path]
    return entry


def code(found: Imported) -> str:
    """The text without its comments."""
    return "\n".join(line for line in found.text.splitlines() if not line.strip().startswith("#"))


def test_a_hydra_folder_becomes_the_spec_that_is_shown() -> None:
    found = import_config([CONFIGS / "hydra" / "finetune_pbmc.yaml"])
    assert found.text == (CONFIGS / "finetune_pbmc.get").read_text()
    assert len(found.entries) == 71
    assert found.checked is not None
    assert not [item for item in found.checked.diagnostics if item.severity == "error"]


def test_the_guides_three_files_import_together() -> None:
    names = ("model", "dataset", "run")
    found = import_config([CONFIGS / "guide" / f"{name}.yaml" for name in names])
    assert found.text == (CONFIGS / "guide.get").read_text()
    assert (found.use, found.model) == ("getdsl:my_model.get", "Guide")
    assert found.checked is not None
    assert found.checked.diagnostics == []
    other = import_config([CONFIGS / "guide" / f"{name}.yaml" for name in reversed(names)])
    assert code(other) == code(found)


def test_params_that_say_what_the_spec_says_are_left_out(tmp_path: Path) -> None:
    found = made(REGION + "  cfg: {embed_dim: 768, num_heads: 8}\n", tmp_path)
    assert "embed_dim" not in code(found)
    assert "param num_heads: int = 8" in found.text
    assert fate(found, "model.cfg.embed_dim").fate == "default"


def test_a_blocks_argument_wins_over_the_models(tmp_path: Path) -> None:
    found = made(REGION + "  cfg: {num_layers: 6, encoder: {num_layers: 2}}\n", tmp_path)
    assert "param num_layers: int = 2" in found.text
    entry = fate(found, "model.cfg.num_layers")
    assert (entry.fate, "GET reads that" in str(entry.note)) == ("none", True)


def test_arguments_without_a_param_are_written_into_the_binding(tmp_path: Path) -> None:
    text = HEAD.format("GETRegionFinetuneExpHiCABC")
    found = made(text + "  cfg: {header_hic: {hidden_dim: 5, input_dim: 128}}\n", tmp_path)
    assert "hic_header = pairs -> ContactMapHead(128, hidden_dim = 5)" in found.text


def test_a_param_that_two_blocks_disagree_on_goes_into_the_binding(tmp_path: Path) -> None:
    text = HEAD.format("GETNucleotideRegionFinetuneExpHiCABC")
    found = made(text + "  cfg: {embed_dim: 96, region_embed: {embed_dim: 96, num_features: 9}}\n", tmp_path)
    assert "param embed_dim:    int = 96" in found.text
    assert "param num_features: int = 9" in found.text


def test_the_std_of_the_mask_token(tmp_path: Path) -> None:
    text = HEAD.format("GETRegionPretrain")
    found = made(text + "  cfg: {mask_token: {std: 0.05, embed_dim: 768}}\n", tmp_path)
    assert "mask_token = Parameter([1, 1, embed_dim], init = trunc_normal(0.05))" in found.text
    same = made(text + "  cfg: {mask_token: {std: 0.02}}\n", tmp_path)
    assert fate(same, "model.cfg.mask_token.std").fate == "default"


def test_pools_take_the_mean_as_get_did(tmp_path: Path) -> None:
    found = made(HEAD.format("GETPretrain") + "  cfg: {atac_attention: {pool_method: sum}}\n", tmp_path)
    entry = fate(found, "model.cfg.atac_attention.pool_method")
    assert entry.fate == "none"
    assert "takes the mean" in str(entry.note)
    assert "pool_method" not in code(found)
    guide = made("model:\n  _target_: mine.MyModel\n", tmp_path)  # its spec sums
    assert 'SplitPool(peak_lengths, pool_method = "mean")' in guide.text


def loss_of(components: str, weights: str) -> str:
    return f"  cfg:\n    loss:\n      components: {{{components}}}\n      weights: {{{weights}}}\n"


POISSON = "{_target_: torch.nn.PoissonNLLLoss, reduction: mean, log_input: false}"


def test_terms_of_the_loss(tmp_path: Path) -> None:
    head = HEAD.format("GETRegionFinetuneExpHiCABC")
    same = made(head + loss_of(f"exp: {POISSON}, hic: {POISSON}", "exp: 0.1, hic: 1.0"), tmp_path)
    assert "loss" not in code(same)
    silent = made(head + loss_of(f"exp: {POISSON}, hic: {POISSON}", "exp: 0, hic: 1.0"), tmp_path)
    [line] = [line for line in silent.text.splitlines() if line.strip().startswith("exp = ")]
    assert line.endswith("log_input = false) weight 0")
    other = made(head + loss_of(f"exp: {POISSON}, hic: {{_target_: torch.nn.MSELoss}}", "exp: 0.1"), tmp_path)
    assert "hic = MSE(hic, (batch.hic_matrix -> KnownContacts(hic)) ??" in " ".join(other.text.split())
    one = made(head + loss_of(f"hic: {POISSON}", "hic: 1"), tmp_path)
    assert "remove exp" in one.text
    assert one.checked is not None
    assert one.checked.spec is not None
    assert list(one.checked.spec.stages.terms) == ["hic"]


def test_terms_that_no_spec_has_are_listed(tmp_path: Path) -> None:
    head = HEAD.format("GETRegionFinetuneExpHiCABC")
    text = head + loss_of(f"exp: {POISSON}, hic: {POISSON}, abc: {POISSON}", "exp: 0.1, abc: 2")
    found = made(text, tmp_path)
    assert {fate(found, f"model.cfg.loss.{name}").fate for name in ("weights.abc",)} == {"none"}
    odd = made(REGION + loss_of("exp: {_target_: my.Loss}", "exp: 1"), tmp_path)
    assert "`my.Loss` has no counterpart" in str(fate(odd, "model.cfg.loss.components.exp._target_").note)


def test_metrics(tmp_path: Path) -> None:
    head = REGION + "  cfg: {metrics: {components: {exp: [%s]}}}\n"
    same = made(head % "pearson, spearman, r2", tmp_path)
    assert "metrics" not in code(same)
    fewer = made(head % "pearson, kendall" + "eval_tss: true\n", tmp_path)
    assert "exp = [pearson] where batch.mask > 0" in fewer.text
    assert "without kendall" in fewer.text
    tss = made(REGION + "eval_tss: true\n", tmp_path)
    assert "exp = [pearson, spearman, r2] where batch.mask > 0" in tss.text


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ("lr: 1e-3", "optimizer = AdamW(lr = 1e-3)"),
        ("lr: 1e-3, opt: adam, opt_eps: 1e-6", "optimizer = Adam(lr = 1e-3, eps = 1e-6)"),
        ("lr: 0.1, opt: sgd", "optimizer = SGD(lr = 0.1, momentum = 0.9, nesterov = true)"),
        ("lr: 0.1, opt: momentum", "optimizer = SGD(lr = 0.1, momentum = 0.9, nesterov = false)"),
        ("lr: 1e-3, opt: lookahead_adamw", "optimizer = AdamW(lr = 1e-3)"),
        ("lr: 1e-3, min_lr: 1e-5", "schedule  = cosine(min_lr = 1e-5)"),
        ("lr: 1, opt_betas: [0.9, 0.99]", "AdamW(lr = 1.0, betas = [0.9, 0.99])"),
    ],
)  # fmt: skip
def test_optimizers(settings: str, line: str, tmp_path: Path) -> None:
    assert line in code(made(f"{REGION}optimizer: {{{settings}}}\n", tmp_path))


def test_an_optimizer_that_is_not_here_is_listed(tmp_path: Path) -> None:
    found = made(REGION + "optimizer: {lr: 1e-3, opt: rmsprop}\n", tmp_path)
    assert "optimizer =" not in code(found)
    assert "there is no optimizer `rmsprop`" in found.text


def frozen(text: str, tmp_path: Path, name: str = "GETRegionFinetune") -> tuple[str, set[str]]:
    """The line of `freeze`, and the tensors that it covers."""
    from getdsl.compiler.directives.covering import any_covers

    head = HEAD.format(name) + "  cfg: {num_layers: 2}\n"
    found = made(f"{head}finetune: {{patterns_to_freeze: {text}}}\n", tmp_path)
    assert found.checked is not None
    assert found.checked.spec is not None
    lines = [line for line in found.text.splitlines() if line.startswith("freeze")]
    settings = found.checked.spec.settings.get("freeze")
    patterns = settings.value if settings is not None else []
    names = [item.name for item in found.checked.spec.graph.tensors() if item.kind != "buffer"]
    return "".join(lines), {name for name in names if any_covers(patterns, name)}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("[motif_scanner]", ""),
        ("[encoder, motif_scanner]", "freeze = [encoder]"),
        ("[encoder.blocks.0.]", "freeze = [encoder.blocks[0]]"),
        ("[blocks.0.]", 'freeze = ["*blocks.0.*"]'),
        ("[norm, cls_token]", 'freeze = ["*norm*", cls_token]'),
        ("[e]", 'freeze = ["*e*"]'),
    ],
)
def test_freezing_covers_what_the_substrings_do(text: str, line: str, tmp_path: Path) -> None:
    shown, covered = frozen(text, tmp_path)
    assert shown == line
    words = [word.strip() for word in text.strip("[]").split(",")]
    spec = check_text('use "getdsl:get/region_finetune.get"\n', params={"num_layers": 2}).spec
    assert spec is not None
    assert covered == {item.name for item in spec.graph.tensors() if any(word in item.name for word in words)}


@pytest.mark.parametrize(
    ("name", "layers", "line"),
    [
        ("GETRegionFinetune", "[encoder]", "lora { on = [encoder]  rank = 8  alpha = 1 }"),
        ("GETRegionFinetuneHiCOE", "[hic_header]", "lora { on = [hic_header]  rank = 4  alpha = 1 }"),
        (
            "GETRegionFinetuneHiCOE",
            "[encoder, hic_header]",
            'lora { on = [encoder, hic_header]  rank = { hic_header = 4, "*" = 8 }  alpha = 1 }',
        ),
    ],
)
def test_lora_has_gets_ranks(name: str, layers: str, line: str, tmp_path: Path) -> None:
    found = made(f"{HEAD.format(name)}finetune: {{use_lora: true, layers_with_lora: {layers}}}\n", tmp_path)
    assert line in found.text.splitlines()


def test_checkpoints(tmp_path: Path) -> None:
    text = (
        "finetune:\n  checkpoint: base.pth\n  model_key: model|module\n  strict: true\n"
        '  rename_config: {"model.": "", "head.": "head_exp.head."}\n  use_lora: true\n'
        "  layers_with_lora: [encoder]\n  lora_checkpoint: adapted.pth\n  additional_checkpoints:\n"
        "    - {checkpoint: other.pth, strict: false}\n"
    )
    found = made(REGION + text, tmp_path)
    assert found.checked is not None
    assert found.checked.spec is not None
    loads = found.checked.spec.loads
    assert [item.label for item in loads] == ["base.pth", "other.pth", "adapted.pth"]
    assert loads[0].value["key"] == ["model", "module"]
    assert '        "head."  -> "head_exp.head."' in found.text
    assert loads[1].value["strict"] is False


def test_no_checkpoint_no_load(tmp_path: Path) -> None:
    text = "finetune: {checkpoint: null, model_key: model, strict: true, use_lora: false}\n"
    found = made(REGION + text, tmp_path)
    assert "load" not in code(found)
    assert fate(found, "finetune.model_key").fate == "none"
    assert fate(found, "finetune.checkpoint").fate == "default"


def test_what_only_a_run_knows_is_listed(tmp_path: Path) -> None:
    text = 'training:\n  epochs: ???\nfinetune:\n  checkpoint: "${oc.env:HOME}/x.pth"\n'
    found = made(REGION + text, tmp_path)
    assert "no value yet" in str(fate(found, "training.epochs").note)
    assert "would run code" in str(fate(found, "finetune.checkpoint").note)
    assert code(made(REGION + text, tmp_path, "training.epochs=7")).count("epochs = 7") == 1
    with pytest.raises(ConfigError, match="would run code"):
        made(REGION + '  cfg: {embed_dim: "${oc.env:DIM}"}\n', tmp_path)


def test_names_that_nobody_knows_are_told_with_the_nearest(tmp_path: Path) -> None:
    text = "  cfg: {embed_dims: 8, encoder: {num_head: 2}}\n"
    text += "optimizer: {lr: 1e-3, wieght_decay: 1}\nqueer: {a: 1}\n"
    found = made(REGION + text, tmp_path)
    unknown = {item.path: item.note for item in found.entries if item.fate == "unknown"}
    assert set(unknown) == {
        "model.cfg.embed_dims",
        "model.cfg.encoder.num_head",
        "optimizer.wieght_decay",
        "queer.a",
    }
    assert "did you mean `num_heads`?" in str(unknown["model.cfg.encoder.num_head"])
    assert "did you mean `weight_decay`?" in str(unknown["optimizer.wieght_decay"])


def test_an_unknown_class_gives_the_sections_and_a_gap(tmp_path: Path) -> None:
    text = "model:\n  _target_: some.where.Strange\n" + loss_of(f"exp: {POISSON}", "exp: 2")
    found = made(text + "optimizer: {lr: 1e-3}\ntraining: {epochs: 3}\n", tmp_path)
    assert (found.gap, found.checked) == ("some.where.Strange", None)
    assert "# GAP: no spec stands for `some.where.Strange`" in found.text
    assert "exp = PoissonNLL(exp, batch.exp_label, log_input = false)  weight 2" in found.text
    own = "model M {\n    input x: [B, 4]\n    output exp = softplus(x)\n}\n"
    assert check_text(found.text + own).ok  # all of it stands, once the gap is filled
    named_alike = made("model:\n  _target_: mine.GETRegionFinetune\n", tmp_path)
    assert named_alike.gap == "mine.GETRegionFinetune"


def test_nothing_is_imported_or_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "trap.py").write_text("raise SystemExit('run')\n")
    monkeypatch.syspath_prepend(tmp_path)
    found = made("model:\n  _target_: trap.Model\n  cfg: {x: {_target_: trap.Other}}\n", tmp_path)
    assert found.gap == "trap.Model"


def test_texts_with_quotes_and_lines_stay_texts(tmp_path: Path) -> None:
    text = 'finetune:\n  checkpoint: "a\\"b\\\\c\\n}# \'.pth"\n'
    found = made(REGION + text, tmp_path)
    assert found.checked is not None
    assert found.checked.spec is not None
    assert found.checked.spec.loads[0].label == "a\"b\\c\n}# '.pth"


def test_lines_fit_the_page() -> None:
    for name in ("finetune_pbmc.get", "guide.get"):
        assert max(map(len, (CONFIGS / name).read_text().splitlines())) <= 100


# -- data

STORE = REGION + "dataset:\n  zarr_path: /d/x.zarr\n"


def source(found: Imported) -> str:
    """The call of the source, on one line."""
    return " ".join(found.text.partition("source")[2].partition("hold_out")[0].partition("\n}")[0].split())[
        2:
    ]


def test_arguments_of_gets_data_set_become_the_sources(tmp_path: Path) -> None:
    settings = "celltypes: 'a, b,,a', num_region_per_sample: 900, sampling_step: 50, quantitative_atac: true"
    more = (
        "drop_zero_atpm: false, motif_scaler: 1.3, leave_out_motifs: '1,3', mask_ratio: 0.5, transform: null"
    )
    found = made(REGION + f"dataset: {{zarr_path: /d/x.zarr, {settings}, {more}}}\n", tmp_path)
    assert source(found) == (
        'RegionMotif("/d/x.zarr", celltypes = ["a", "b"], num_region_per_sample = 900, sampling_step = 50, '
        "quantitative_atac = true, drop_zero_atpm = false, motif_scaler = 1.3, leave_out_motifs = [1, 3], "
        "mask_ratio = 0.5)"
    )
    assert {item.fate for item in found.entries if item.path.startswith("dataset")} == {"written", "default"}
    assert found.checked is not None
    assert found.checked.spec is not None


def test_what_the_source_does_anyway_is_left_out(tmp_path: Path) -> None:
    settings = "num_region_per_sample: 200, sampling_step: 100, quantitative_atac: false, mask_ratio: 0"
    found = made(REGION + f"dataset: {{zarr_path: x.zarr, celltypes: null, {settings}}}\n", tmp_path)
    assert source(found) == 'RegionMotif("x.zarr")' + " # dataset.zarr_path: read beside the spec"
    assert fate(found, "dataset.mask_ratio").fate == "default"


@pytest.mark.parametrize(
    ("settings", "held"),
    [
        ("leave_out_chromosomes: 'chr2,chrX'", 'hold_out = { chromosomes = ["chr2", "chrX"] }'),
        ("leave_out_chromosomes: [chr2]", 'hold_out = { chromosomes = ["chr2"] }'),
        ("leave_out_celltypes: b", 'hold_out = { celltypes = ["b"] }'),
        (
            "leave_out_celltypes: b, leave_out_chromosomes: chr1",
            'hold_out = { chromosomes = ["chr1"], celltypes = ["b"] }',
        ),
        ("leave_out_chromosomes: ''", ""),
        ("leave_out_chromosomes: ['']", ""),
        ("leave_out_chromosomes: null", ""),
        ("leave_out_chromosomes: []", ""),
    ],
)
def test_what_is_left_out_is_held_out(settings: str, held: str, tmp_path: Path) -> None:
    found = made(REGION + f"dataset: {{zarr_path: /d/x.zarr, {settings}}}\n", tmp_path)
    assert (held in " ".join(found.text.split())) if held else ("hold_out" not in found.text)


def test_the_older_folder_is_named_with_how_it_is_prepared(tmp_path: Path) -> None:
    settings = (
        "root: /d, data_type: fetal, metadata_path: cell_type_align.txt, leave_out_celltypes: Astrocytes"
    )
    found = made(REGION + f"dataset: {{{settings}}}\n", tmp_path)
    assert source(found) == 'RegionMotif("fetal.zarr")'
    assert "`getdsl prepare --from /d/fetal -o fetal.zarr`" in str(fate(found, "dataset.root").note)


def test_a_reference_store_of_motifs_is_the_source(tmp_path: Path) -> None:
    reference = "{root: /d, data: k562.zarr, refdata: union.zarr, motif_scaler: 1.2}"
    settings = "zarr_dirs: [dense.zarr], keep_celltypes: k562, eval_dataset_size: 512"
    found = made(REGION + f"dataset: {{{settings}, reference_region_motif: {reference}}}\n", tmp_path)
    assert source(found).startswith('RegionMotif("/d/k562.zarr", celltypes = ["k562"], motif_scaler = 1.2)')
    assert "eval_samples = 512" in found.text
    assert fate(found, "dataset.reference_region_motif.refdata").fate == "none"
    assert fate(found, "dataset.zarr_dirs").fate == "none"


@pytest.mark.parametrize(
    ("task", "genes"),
    [
        ("stage: predict\ntask: {gene_list: 'MYC, SOX2'}\n", ', genes = ["MYC", "SOX2"])'),
        ("stage: predict\ntask: {gene_list: null}\n", ', genes = "*")'),
        ("stage: predict\ntask: {gene_list: genes.txt}\n", ")"),
        ("stage: fit\ntask: {gene_list: 'MYC'}\n", ")"),
    ],
)
def test_genes_are_predicted_in_windows_around_them(task: str, genes: str, tmp_path: Path) -> None:
    assert source(made(STORE + task, tmp_path)).partition(" #")[0] == f'RegionMotif("/d/x.zarr"{genes}'


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        ("num_region_per_sample: many", 'is "many", and it is an integer from 1 on'),
        ("sampling_step: 0", "is 0, and it is an integer from 1 on"),
        ("quantitative_atac: 1", "is 1, and it is true or false"),
        ("celltypes: {a: 1}", "and it is a list of names"),
        ("leave_out_chromosomes: [[a]]", "and it is a list of names"),
    ],
)
def test_a_setting_of_another_kind_is_an_error(setting: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=re.escape(problem)):
        made(STORE + f"  {setting}\n", tmp_path)


def test_a_model_that_reads_dna_gets_no_store_of_motifs(tmp_path: Path) -> None:
    found = made(HEAD.format("GETFinetune") + "dataset: {zarr_path: x.zarr, sampling_step: 50}\n", tmp_path)
    assert "data {" not in found.text
    assert "has no motif_mean_std, padding_mask, peak_lengths" in " ".join(
        found.text.replace("#", "").split()
    )
    assert fate(found, "dataset.sampling_step").fate == "none"
