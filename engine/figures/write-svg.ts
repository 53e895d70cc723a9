/** A drawing as SVG: text as text, pictures inside, the font with it, the recipe in its metadata. */
import sharp from "sharp";
import type { Colour, Drawing, Paint, Part, PicturePart, Words } from "./drawing.ts";
import { facesIn, families, type Face } from "./fonts.ts";

export const recipeNamespace = "https://gramscope.invalid/recipe/1";

export async function writeSvg(drawing: Drawing, words: Words): Promise<string> {
  const { width, height, ground, parts } = drawing;
  const shapes: string[] = [];
  for (const part of parts) shapes.push(await shape(part));
  const mm = (points: number) => short((points * 25.4) / 72);
  const fonts = [...facesIn(parts)].map(fontRule).join("\n");
  const family = [...families.map((name) => `'${name}'`), "Helvetica", "Arial", "sans-serif"];
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `width="${mm(width)}mm" height="${mm(height)}mm" ` +
      `viewBox="0 0 ${short(width)} ${short(height)}" ` +
      `font-family="${family.join(", ")}" text-rendering="geometricPrecision" role="img">`,
    `<title>${escaped(words.title)}</title>`,
    ...(words.caption === "" ? [] : [`<desc>${escaped(words.caption)}</desc>`]),
    metadata(words),
    `<style>${fonts}</style>`,
    `<rect width="${short(width)}" height="${short(height)}" fill="${hex(ground)}"/>`,
    ...shapes,
    `</svg>\n`,
  ].join("\n");
}

/** Dublin Core for catalogues, our own element for the recipe. */
function metadata({ title, caption, recipe }: Words): string {
  return [
    `<metadata><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" ` +
      `xmlns:dc="http://purl.org/dc/elements/1.1/"><rdf:Description rdf:about="">`,
    `<dc:title>${escaped(title)}</dc:title>`,
    `<dc:description>${escaped(caption)}</dc:description>`,
    `<dc:creator>Gramscope</dc:creator>`,
    `<recipe xmlns="${recipeNamespace}">${escaped(recipe)}</recipe>`,
    `</rdf:Description></rdf:RDF></metadata>`,
  ].join("\n");
}

const fontRule = ({ family, weight, address }: Face) =>
  `@font-face{font-family:'${family}';font-weight:${weight};src:url(${address}) format('woff')}`;

async function shape(part: Part): Promise<string> {
  switch (part.kind) {
    case "picture": {
      const { box, opacity } = part;
      return (
        `<image ${placed(box)} preserveAspectRatio="none"${fraction("opacity", opacity)} ` +
        `style="image-rendering:${part.isPhotograph || part.isSmooth ? "auto" : "pixelated"}" ` +
        `xlink:href="${await dataAddress(part)}"/>`
      );
    }
    case "text": {
      const { text, x, y, style, anchor, colour, isUpright } = part;
      const turn = isUpright ? ` transform="rotate(-90 ${short(x)} ${short(y)})"` : "";
      const start = anchor === "start" ? "" : ` text-anchor="${anchor}"`;
      return (
        `<text x="${short(x)}" y="${short(y)}" font-size="${style.size}" ` +
        `font-weight="${style.weight}" fill="${hex(colour)}"${start}${turn} ` +
        `xml:space="preserve">${escaped(text)}</text>`
      );
    }
    case "rectangle": {
      const { box, fill, stroke } = part;
      return `<rect ${placed(box)} ${fill ? painted("fill", fill) : 'fill="none"'}${stroked(stroke)}/>`;
    }
    case "line": {
      const { from, to, stroke } = part;
      const at = `x1="${short(from[0])}" y1="${short(from[1])}" x2="${short(to[0])}" y2="${short(to[1])}"`;
      return `<line ${at}${stroked(stroke)}/>`;
    }
    case "path": {
      const { points, fill, stroke } = part;
      const places = Array.from(
        { length: points.length / 2 },
        (_, i) => `${short(points[2 * i]!)},${short(points[2 * i + 1]!)}`,
      ).join(" ");
      const dash = stroke?.dash ? ` stroke-dasharray="${stroke.dash.join(" ")}"` : "";
      const round = stroke ? ` stroke-linejoin="round" stroke-linecap="round"${dash}` : "";
      const name = fill ? "polygon" : "polyline";
      return (
        `<${name} points="${places}" ${fill ? painted("fill", fill) : 'fill="none"'}` +
        `${stroked(stroke)}${round}/>`
      );
    }
    case "ring": {
      const { box, stroke } = part;
      const [rx, ry] = [box.width / 2, box.height / 2];
      const at = `cx="${short(box.x + rx)}" cy="${short(box.y + ry)}" rx="${short(rx)}" ry="${short(ry)}"`;
      return `<ellipse ${at} fill="none"${stroked(stroke)}/>`;
    }
  }
}

const placed = ({ x, y, width, height }: PicturePart["box"]) =>
  `x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}"`;

const fraction = (name: string, value: number) => (value === 1 ? "" : ` ${name}="${short(value)}"`);

const painted = (name: "fill" | "stroke", { colour, opacity }: Paint) =>
  `${name}="${hex(colour)}"${fraction(`${name}-opacity`, opacity)}`;

const stroked = (stroke: (Paint & { width: number }) | undefined) =>
  stroke ? ` ${painted("stroke", stroke)} stroke-width="${short(stroke.width)}"` : "";

async function dataAddress(picture: PicturePart): Promise<string> {
  const { type, bytes } = await pictureFile(picture);
  return `data:${type};base64,${Buffer.from(bytes).toString("base64")}`;
}

/** A photograph as JPEG without loss of colour resolution, a map as PNG without any loss. */
export async function pictureFile(
  picture: Pick<PicturePart, "width" | "height" | "pixels" | "channels" | "isPhotograph">,
): Promise<{ type: "image/jpeg" | "image/png"; bytes: Uint8Array }> {
  const { width, height, pixels, channels, isPhotograph } = picture;
  const raw = sharp(pixels, { raw: { width, height, channels } });
  return isPhotograph
    ? {
        type: "image/jpeg",
        bytes: await raw.jpeg({ quality: 92, chromaSubsampling: "4:4:4" }).toBuffer(),
      }
    : { type: "image/png", bytes: await raw.png({ compressionLevel: 9 }).toBuffer() };
}

const hex = (colour: Colour): string =>
  `#${colour.map((value) => value.toString(16).padStart(2, "0")).join("")}`;

const short = (value: number): string => String(Number(value.toFixed(4)));

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Halves of a pair of UTF-16 without the other. */
const halves = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const controls = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

/** As XML 1.0 allows it: what it cannot hold at all becomes a question mark. */
export function escaped(text: string): string {
  return text
    .replace(halves, "?")
    .replace(controls, "?")
    .replace(/[&<>"']/g, (letter) => entities[letter]!);
}
