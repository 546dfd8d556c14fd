"""The list of versions beside a site of each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from tools.site.staged import configuration
from tools.site.versions import is_version, versions, write_list


def test_versions_are_listed_by_age_and_lead_to_the_latest(tmp_path: Path) -> None:
    for name in ("0.9.0", "0.10.0", "1.0.0rc1", "assets"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").touch()
    (tmp_path / "0.8.0").mkdir()  # holds no site
    assert versions(tmp_path) == ["1.0.0rc1", "0.10.0", "0.9.0"]
    write_list(tmp_path)
    listed = {
        item["version"]: item["aliases"] for item in json.loads((tmp_path / "versions.json").read_text())
    }
    assert listed == {"1.0.0rc1": [], "0.10.0": ["latest"], "0.9.0": []}
    assert 'url=0.10.0/index.html"' in (tmp_path / "index.html").read_text()


@pytest.mark.parametrize(
    ("name", "is_one"), [("1.2.0", True), ("1.2.0rc1", True), ("..", False), ("v1", False)]
)
def test_names_of_folders(name: str, is_one: bool) -> None:
    assert is_version(name) is is_one


def test_only_a_site_of_versions_offers_them() -> None:
    assert yaml.safe_load(configuration(versioned=True))["extra"]["version"] == {"provider": "mike"}
    assert "version" not in yaml.safe_load(configuration())["extra"]
