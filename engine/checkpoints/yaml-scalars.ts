/**
 * The scalars of a YAML file as PyYAML writes configurations: mappings by indentation, lists of
 * scalars. Anything else in it (anchors, texts over several lines, lists of mappings) is passed over.
 */

/** "student.patch_size" -> "16"; "crops.rgb_mean" -> ["0.485", "0.456", "0.406"]. */
export type YamlScalars = ReadonlyMap<string, string | readonly string[]>;

/** @param text at most a few hundred kilobytes */
export function readYamlScalars(text: string): YamlScalars {
  const scalars = new Map<string, string | string[]>();
  /** The keys around the line, outermost first. */
  const open: { indent: number; path: string }[] = [];
  /** Lines further in than this belong to a text over several lines. */
  let textIndent = Infinity;
  for (const line of text.split("\n")) {
    const [, spaces = "", item, rest = ""] = /^( *)(- +)?(.*?)\s*$/.exec(line) ?? [];
    if (rest === "" || rest.startsWith("#")) continue;
    const indent = spaces.length;
    if (indent > textIndent) continue;
    textIndent = Infinity;
    // A list may begin where its key does.
    const isInside = (key: { indent: number }) =>
      item === undefined ? key.indent < indent : key.indent <= indent;
    while (open.length > 0 && !isInside(open.at(-1)!)) open.pop();
    const parent = open.at(-1)?.path;
    if (item !== undefined) {
      const list = parent === undefined ? undefined : (scalars.get(parent) ?? []);
      const value = scalar(rest);
      if (Array.isArray(list) && value !== undefined) scalars.set(parent!, [...list, value]);
      continue;
    }
    const [, key, text] = /^["']?([\w.-]+)["']?:(?: +(.*))?$/.exec(rest) ?? [];
    if (key === undefined) continue;
    const path = parent === undefined ? key : `${parent}.${key}`;
    if (text === undefined || text.startsWith("#")) open.push({ indent, path });
    else if (/^[|>]/.test(text)) textIndent = indent;
    else {
      const value = /^\[.*\]$/.test(text) ? flowList(text) : scalar(text);
      if (value !== undefined) scalars.set(path, value);
    }
  }
  return scalars;
}

/** One plain or quoted value, without a comment; undefined for what is none. */
function scalar(text: string): string | undefined {
  const quoted = /^"([^"\\]*)"|^'([^']*)'/.exec(text);
  if (quoted) return quoted[1] ?? quoted[2];
  if (/^[[{&*|>!]/.test(text)) return undefined;
  return text.replace(/\s+#.*$/, "").trim();
}

function flowList(text: string): string[] | undefined {
  const items = text.slice(1, -1).split(",");
  const values = items.map((item) => scalar(item.trim()));
  return values.every((value) => value !== undefined) ? values : undefined;
}
