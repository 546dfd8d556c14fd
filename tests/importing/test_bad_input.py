"""What is wrong with a config is said in one sentence, with its file and line."""

import re
from pathlib import Path

import pytest

from getdsl.importing import import_config
from getdsl.importing.config import ConfigError

REGION = "model:\n  _target_: get_model.model.model.GETRegionFinetune\n"
BOMB = "".join(
    f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in ("ab", "bc", "cd", "de", "ef")
)
LAUGHS = "".join(f'{one}: "${{{other}}}${{{other}}}"\n' for one, other in zip("abcdefghijklmnopqrs", "bcdefghijklmnopqrst", strict=True))  # fmt: skip # noqa: E501
TEXTS = [
    ("not YAML", "a: [1, 2\nb: 3\n", 2, "not YAML"),
    ("a tab", "a:\n\t- b\n", 2, "not YAML"),
    ("a bad indent", "x: 1\n  y: 2\n", 2, "not YAML"),
    ("a control character", "x: 1\ny: \x07\n", 2, "control character"),
    ("a tag of Python", "x: 1\na: !!python/object/apply:os.system [echo]\n", 2, "the tag"),
    ("a tag of somebody", "x: 1\na: !mine 3\n", 2, "the tag `!mine`"),
    ("two documents", "a: 1\n---\nb: 2\n", 2, "not YAML"),
    ("a bomb of aliases", f"a: &a [{', '.join('x' * 10)}]\n{BOMB}", 5, "more than 100,000 values"),
    ("an alias of itself", "a: &a\n  b: *a\n", 1, "nested deeper"),
    ("merge keys", "a: &a {x: 1}\nb:\n  <<: *a\n", 3, "merge keys"),
    ("deep nesting", "a: " + "[" * 3000 + "]" * 3000, 0, "nested deeper"),
    ("a repeated key", "a: 1\nb: 2\na: 3\n", 3, "set twice, first in line 1"),
    ("a key that is none", "[1, 2]: 3\n", 1, "a key must be a name"),
    ("nothing", "", 0, "is empty"),
    ("a comment", "# nothing\n", 0, "is empty"),
    ("a list", "- 1\n- 2\n", 1, "this is a list"),
    ("a word", "hello\n", 1, "this is a single value"),
    ("a circle", "seed: ${b}\nb: ${c}\nc: ${seed}\n", 1, "seed -> b -> c -> seed"),
    ("its own table", "training:\n  seed: ${training}\n", 2, "the table that it is in"),
    ("a reference to nothing", "nop: 1\nseed: ${nope.x}\n", 2, "refers to `nope.x`"),
    ("an open reference", "seed: ${b\n", 1, "without its `}`"),
    ("no reference", "seed: ${b c}\nb: 1\n", 1, "is no reference"),
    ("a list in a text", "seed: x${b}\nb: [1]\n", 1, "puts a list or a table into a text"),
    ("a long chain", "".join(f"a{i}: ${{a{i + 1}}}\n" for i in range(3000)) + "a3000: 1\n", 0, "too deeply"),
    ("a long laugh", LAUGHS + "t: xxx\n", 0, "100,000 letters"),
    ("no such default", "x: 1\ndefaults:\n  - model: nope\n", 3, "the defaults name `model/nope`"),
    ("no such base", "x: 1\ndefaults:\n  - nope\n", 3, "the defaults name `nope`"),
    ("no option", "defaults:\n  - model: ???\n", 2, "no `model` is chosen"),
    ("defaults that are no list", "x: 1\ndefaults: {model: x}\n", 2, "`defaults` is a list"),
    ("an entry that is none", "defaults:\n  - [a]\n", 2, "an entry of `defaults`"),
    ("defaults in a circle", "defaults:\n  - some\n", 0, "some.yaml -> some.yaml"),
    ("a word for a number", f"{REGION}  cfg: {{embed_dim: wide}}\n", 3, "of RegionFinetune is an integer"),
    ("a word in a block", f"{REGION}  cfg: {{encoder: {{init_values: x}}}}\n", 3, "of GETTransformer is"),
    ("no number", f"{REGION}  cfg: {{dropout: .nan}}\n", 3, "a finite number"),
    ("a class that is none", "model:\n  _target_: 3\n", 2, "names a class"),
    ("a rate of zero", f"{REGION}optimizer:\n  lr: 0\n", 4, "a number above 0"),
    ("a rate that is none", f"{REGION}optimizer: {{lr: fast}}\n", 3, "a number above 0"),
    ("betas", f"{REGION}optimizer: {{lr: 1, opt_betas: [1, 2, 3]}}\n", 3, "two numbers"),
    ("half an epoch", f"{REGION}training: {{epochs: 1.5}}\n", 3, "an integer from 1 on"),
    ("half a truth", f"{REGION}training: {{use_fp16: 1}}\n", 3, "true or false"),
    ("a weight", f"{REGION}loss:\n  components: {{exp: MSELoss}}\n  weights: {{exp: -1}}\n", 5, "from 0 on"),
    ("no weight", f"{REGION}loss:\n  components: {{exp: MSELoss}}\n  weights: {{exp: .nan}}\n", 5, "from 0"),
    ("a checkpoint that is none", f"{REGION}finetune: {{checkpoint: 3}}\n", 3, "a path or URL"),
    ("strictness", f"{REGION}finetune: {{checkpoint: x.pth, strict: maybe}}\n", 3, "true or false"),
    ("rules", f"{REGION}finetune: {{checkpoint: x.pth, rename_config: [a]}}\n", 3, "maps texts to texts"),
    ("patterns", f"{REGION}finetune: {{patterns_to_freeze: [3]}}\n", 3, "lists texts"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "text", "line", "words"), TEXTS, ids=[item[0] for item in TEXTS])
def test_one_sentence_with_file_and_line(name: str, text: str, line: int, words: str, tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        import_config([path])
    message = str(caught.value)
    assert words in message
    assert message.startswith(f"{path}:{line}: " if line else str(path)), message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (["optimizer.lrr=1"], "the config has no `optimizer.lrr` to set"),
        (["~optimizer.nope"], "to take away"),
        (["optimizer.lr=[1"], "`[1` ends where `]` must follow"),
        (["optimizer.lr=fast"], "a number above 0"),
        (["=3"], "cannot be read"),
        (["optimizer.lr=" + "[" * 5000], "nested deeper than 50"),
        (["optimizer.lr=" + "{a:" * 5000 + "1"], "nested deeper than 50"),
        (["optimizer.lr=" + "int(" * 5000 + "1"], "nested deeper than 50"),
        (["optimizer.lr=" + "9" * 5000], "too many digits"),
        (["optimizer.lr=int(nan)"], "cannot be"),
        (["optimizer.lr=int('" + "9" * 5000 + "')"], "cannot be"),
        (["+" + "x" * 5000 + "=1", "optimizer.lr=x"], "a number above 0"),
        (["optimizer.lr[0]=1"], "cannot be read"),
        (["optimizer.lr=\0"], "cannot be read"),
        (["optimizer.lr={null:1}"], "`null` is no key"),
    ],
)
def test_overrides(settings: list[str], words: str, tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(f"{REGION}optimizer: {{lr: 1e-3}}\n")
    with pytest.raises(ConfigError, match=re.escape(words)):
        import_config([path], settings)


def test_defaults_that_multiply_or_go_on_and_on(tmp_path: Path) -> None:
    for number in range(40):
        below = f"defaults: [c{number + 1}@a, c{number + 1}@b]\n"
        (tmp_path / f"c{number}.yaml").write_text(below)
    (tmp_path / "c40.yaml").write_text("x: 1\n")
    with pytest.raises(ConfigError, match=r"more than 1,000 configs"):
        import_config([tmp_path / "c0.yaml"])
    for number in range(60):
        (tmp_path / f"d{number}.yaml").write_text(f"defaults: [d{number + 1}]\n")
    with pytest.raises(ConfigError, match=r"or deeper than 50"):
        import_config([tmp_path / "d0.yaml"])


@pytest.mark.parametrize("option", ["x" * 5000, "", ".", "..", "/", "../some", "a/../../b"])
def test_an_option_that_no_file_can_be(option: str, tmp_path: Path) -> None:
    (tmp_path / "some.yaml").write_text("defaults:\n  - model: get\n")
    (tmp_path / "model").mkdir()
    (tmp_path / "model.yaml").write_text("x: 1\n")
    with pytest.raises(ConfigError, match=r"there is no such file|in a circle|cannot stand here"):
        import_config([tmp_path / "some.yaml"], [f"model={option}"])


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        import_config([tmp_path / "nothing.yaml"])
    with pytest.raises(ConfigError, match="holds no YAML file"):
        import_config([tmp_path])
    (tmp_path / "bytes.yaml").write_bytes(b"a: 1\nb: \xff\xfe\n")
    with pytest.raises(ConfigError, match=r"bytes\.yaml:2: is not UTF-8"):
        import_config([tmp_path / "bytes.yaml"])
    (tmp_path / "large.yaml").write_text("# " + "x" * 5_000_001)
    with pytest.raises(ConfigError, match="larger than 5 MB"):
        import_config([tmp_path / "large.yaml"])
