"""`scripts/release-notes`: the notes of a release are those of CHANGELOG.md, and its version is the same everywhere."""

import json
from pathlib import Path
import shutil
import subprocess

import pytest

ROOT = Path(__file__).parent.parent
CHANGES = """# Changes

## 1.2.3

A sentence that goes on
in the next line.

- A point that goes on
  in the next line. See [a page](docs/room.md)
  and [a section](docs/alarms.md#all-alarms), not [another site](https://hacs.xyz#x).
- Another point.

## 1.2.2

- Old.
"""
NOTES = """
A sentence that goes on in the next line.

- A point that goes on in the next line. See [a page](URL/docs/room.md) and [a section](URL/docs/alarms.md#all-alarms), not [another site](https://hacs.xyz#x).
- Another point.
"""  # noqa: E501


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with what the script reads, ready for the release 1.2.3."""
    integration = tmp_path / "custom_components" / "battery_bank"
    for folder in (integration, tmp_path / "scripts"):
        folder.mkdir(parents=True)
    shutil.copy(ROOT / "scripts" / "release-notes", tmp_path / "scripts")
    manifest = json.loads((ROOT / "custom_components/battery_bank/manifest.json").read_text()) | {"version": "1.2.3"}
    (integration / "manifest.json").write_text(json.dumps(manifest, indent=2))
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2.3"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGES)
    return tmp_path


def notes(repository: Path, *tag: str) -> subprocess.CompletedProcess[str]:
    script = str(repository / "scripts" / "release-notes")
    return subprocess.run(["bash", script, *tag], capture_output=True, text=True, check=False)  # noqa: S603, S607


@pytest.mark.parametrize("tag", [(), ("v1.2.3",)])
def test_the_notes_have_whole_sentences_and_links_that_lead_to_the_release(
    repository: Path, tag: tuple[str, ...]
) -> None:
    """GitHub breaks the lines of a release where its text does, and knows no links into the repository there."""
    run = notes(repository, *tag)
    assert (run.returncode, run.stderr) == (0, "")
    url = json.loads((ROOT / "custom_components/battery_bank/manifest.json").read_text())["documentation"]
    assert run.stdout == NOTES.replace("URL", f"{url}/blob/v1.2.3")


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "vv1.2.3", ""])
def test_another_tag_has_no_notes(repository: Path, tag: str) -> None:
    run = notes(repository, tag)
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith(f"The versions differ: tag {tag}, ")


@pytest.mark.parametrize("name", ["custom_components/battery_bank/manifest.json", "pyproject.toml", "CHANGELOG.md"])
def test_a_version_that_was_forgotten_stops_the_release(repository: Path, name: str) -> None:
    path = repository / name
    path.write_text(path.read_text().replace("1.2.3", "1.2.2", 1))
    run = notes(repository, "v1.2.3")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr.startswith("The versions differ: ")


def test_a_version_without_a_word_stops_the_release(repository: Path) -> None:
    (repository / "CHANGELOG.md").write_text("# Changes\n\n## 1.2.3\n\n## 1.2.2\n\n- Old.\n")
    run = notes(repository, "v1.2.3")
    assert (run.returncode, run.stdout) == (1, "")
    assert run.stderr == "CHANGELOG.md says nothing of 1.2.3.\n"
