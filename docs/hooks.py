"""What mkdocs calls while it builds the site: pages out of the code, and the models' cards from where they lie."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import streamer
from streamer.config import Config, default_text
from streamer.sinks.lines_schema import lines_schema
from streamer.sinks.registry import SINKS

ROOT = Path(__file__).parents[1]
SETTINGS_MARK = "<!-- settings -->"
LINES_MARK = "<!-- lines -->"
API_MARK = "<!-- api -->"
SINK_MARK = re.compile(r"<!-- sink (\w+) -->")
_REMARK = re.compile(r"# (?:\[\[?)?(?P<key>[a-z_0-9]+)(?:\]\])? = .*?  +# (?P<text>.*)")
_SINK_REMARK = re.compile(r"^    (\w+): .*?  # (.*)$", re.MULTILINE)
_MORE = re.compile(r"#  +# (?P<text>.*)")


def on_files(files: Any, config: Any) -> Any:
    """Add the cards with their pictures, which lie outside of the folder of pages, and the schema of JSON lines."""
    from mkdocs.structure.files import File

    for path in sorted([*ROOT.glob("models/**/*.md"), *ROOT.glob("models/**/*.png")]):
        uri = path.relative_to(ROOT).as_posix()
        files.append(File(uri, str(ROOT), config.site_dir, config.use_directory_urls))
    schema = json.dumps(lines_schema(), indent=2, ensure_ascii=False)
    files.append(File.generated(config, "lines.schema.json", content=schema))
    return files


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Fill in the tables made from the code; cards lie beside the pages on the site, one folder up in a checkout."""
    if page.file.src_uri.startswith("models/"):
        return markdown
    markdown = markdown.replace("](../models/", "](models/")
    for mark, text in ((SETTINGS_MARK, settings_tables), (LINES_MARK, lines_tables), (API_MARK, api_text)):
        if mark in markdown:
            markdown = markdown.replace(mark, text())
    return SINK_MARK.sub(lambda found: sink_table(found[1]), markdown)


def on_page_content(html: str, page: Any, config: Any, files: Any) -> str:
    """Drop the roles of reStructuredText, such as ``:meth:``, that docstrings have before names."""
    return re.sub(r":(?:py:)?(?:meth|class|attr|func|mod|data|exc):(?=<code>)", "", html)


def settings_tables() -> str:
    """Return one table for each part of the settings: key, allowed values and default by the schema, and remark."""
    schema = Config.model_json_schema()
    remarks = _remarks(default_text())
    parts = []
    for section, node in schema["properties"].items():
        of_list = node.get("type") == "array"
        kind = schema["$defs"][(node["items"] if of_list else node)["$ref"].rpartition("/")[2]]
        title = f"[[{section}]]" if of_list else f"[{section}]"
        rows = [f"## `{title}`", "", kind.get("description", "").split("\n")[0], ""]
        rows += ["| key | allowed | default | |", "|---|---|---|---|"]
        for key, value in kind["properties"].items():
            default = f"`{_toml(value['default'])}`" if "default" in value else "must be given"
            rows.append(f"| `{key}` | {_allowed(schema, value)} | {default} | {remarks.get((section, key), '')} |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def sink_table(name: str) -> str:
    """Return the table of the settings of a sink: key, allowed values and default, and the remark in the code."""
    kind = SINKS[name].settings
    schema = kind.model_json_schema()
    remarks = dict(_SINK_REMARK.findall(inspect.getsource(kind)))
    rows = ["| key | allowed | default | |", "|---|---|---|---|"]
    rows += [
        f"| `{key}` | {_allowed(schema, value)} | `{_toml(value.get('default', {}))}` | {remarks.get(key, '')} |"
        for key, value in schema["properties"].items()
    ]
    return "\n".join(rows)


def lines_tables() -> str:
    """Return one table for each type of JSON line, by its schema, and one for each part that lines share."""
    schema = lines_schema()
    kinds = schema["$defs"]
    tops = [node["$ref"].rpartition("/")[2] for node in schema["anyOf"]]
    parts = []
    for name in [*tops, *(name for name in kinds if name not in tops)]:
        values = kinds[name]["properties"]
        title = f"`{values['type']['const']}`: " if name in tops else f"{name}: "
        title += kinds[name]["description"].rstrip(".")
        measured = [key for key, value in values.items() if value.get("type") == "null"]
        rows = [f"### {title}", "", "| key | value | |", "|---|---|---|"]
        rows += [
            f"| `{key}` | {_allowed(schema, value)} | {value.get('description', '')} |"
            for key, value in sorted(values.items(), key=lambda item: item[0] != "type")
            if key not in measured
        ]
        if measured:
            rows.append(f"| {', '.join(f'`{key}`' for key in measured)} | null | |")
        parts.append("\n".join(rows))
    return "\n\n".join(parts)


def api_text() -> str:
    """Return a heading for each public name, functions first, which mkdocstrings fills in from its docstring."""
    modules = streamer._HOMES
    names = sorted((name for name in streamer.__all__ if name in modules), key=lambda name: (name[0].isupper(), name))
    return "\n\n".join(f"::: streamer.{modules[name]}.{name}\n    options: {{heading_level: 3}}" for name in names)


def _remarks(text: str) -> dict[tuple[str, str], str]:
    """Return the remark of each key of the commented settings file, by section and key."""
    remarks: dict[tuple[str, str], str] = {}
    section, last = "", None
    for line in text.splitlines():
        if head := re.match(r"(?:# )?\[\[?([a-z_]+)\]\]?", line):
            section, last = head[1], None
        elif found := _REMARK.match(line):
            last = (section, found["key"])
            remarks[last] = found["text"].replace("|", "\\|")
        elif last and (more := _MORE.match(line)):
            remarks[last] += " " + more["text"].replace("|", "\\|")
    return remarks


def _allowed(schema: dict[str, Any], node: dict[str, Any]) -> str:
    """Return the values that a node of a schema allows, in words."""
    if options := node.get("anyOf"):
        return " or ".join(dict.fromkeys(_allowed(schema, option) for option in options))
    if "$ref" in node:
        inner = schema["$defs"][node["$ref"].rpartition("/")[2]]
        name = node["$ref"].rpartition("/")[2]
        if "type" in inner.get("properties", {}) or not name.endswith("Part"):
            return f"object: {', '.join(f'`{key}`' for key in inner['properties'])}"
        return f"object: {name}"
    if "const" in node:
        return f"`{node['const']}`"
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    kind = node.get("type", "")
    if kind == "array":
        if "prefixItems" in node:
            return f"list of {len(node['prefixItems'])}: {_allowed(schema, node['prefixItems'][0])}"
        return f"list of {_allowed(schema, node['items'])}" if node.get("items") else "empty list"
    if kind == "object":
        values = node.get("additionalProperties")
        return f"by label: {_allowed(schema, values)}" if isinstance(values, dict) else "object"
    words = {"string": "text", "boolean": "`true`, `false`", "integer": "whole number", "null": "null"}.get(kind, kind)
    low, high = node.get("minimum"), node.get("maximum")
    above = node.get("exclusiveMinimum")
    if low is not None and high is not None:
        return f"{words} {low:g} … {high:g}"
    if above is not None:
        return f"{words} above {above:g}" + (f", up to {high:g}" if high is not None else "")
    return f"{words} from {low:g}" if low is not None else words


def _toml(value: object) -> str:
    """Return a default as it is written in a settings file."""
    return json.dumps(value, ensure_ascii=False)
