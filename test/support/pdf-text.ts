/** The words of a PDF that we wrote, read by its own operators and character maps. */
import { inflateSync } from "node:zlib";

/** Shown strings of a PDF's content: hexadecimal glyphs, by the character maps of its fonts. */
export function pdfText(file: Buffer): string {
  const streams: string[] = [];
  const raw = file.toString("latin1");
  for (const { index } of raw.matchAll(/stream\n/g)) {
    if (raw.slice(index - 3, index) === "end") continue;
    const end = raw.indexOf("\nendstream", index);
    try {
      streams.push(inflateSync(file.subarray(index + 7, end)).toString("latin1"));
    } catch {
      // A picture.
    }
  }
  // Subsets number their glyphs from 1, so each font's map is tried; ours differ in what they hold.
  const maps = streams.filter((stream) => stream.includes("beginbfrange")).map(glyphsOf);
  const content = streams.find((stream) => stream.includes(" TJ"))!;
  const shown = [...content.matchAll(/\[([^\]]*)\] TJ/g)].map(([, array]) =>
    [...array!.matchAll(/<([0-9a-f]+)>/g)].map(([, digits]) => digits!).join(""),
  );
  return maps
    .map((map) =>
      shown.map((digits) => digits.replace(/..../g, (glyph) => map.get(glyph) ?? "")).join(" "),
    )
    .join("\n");
}

function glyphsOf(stream: string): Map<string, string> {
  const map = new Map<string, string>();
  for (const [, first, list] of stream.matchAll(/<([0-9a-f]{4})> <[0-9a-f]{4}> \[([^\]]*)\]/g)) {
    [...list!.matchAll(/<([0-9a-f ]*)>/g)].forEach(([, codes], i) => {
      const glyph = (parseInt(first!, 16) + i).toString(16).padStart(4, "0");
      const units = codes!.replaceAll(" ", "").match(/..../g) ?? [];
      map.set(glyph, String.fromCharCode(...units.map((unit) => parseInt(unit, 16))));
    });
  }
  return map;
}
