/** A drawing as a one-page PDF: text as text in an embedded font, the recipe in its information. */
import PDFDocument from "pdfkit";
import type { Drawing, LinePart, Part, TextPart, Words } from "./drawing.ts";
import { facesIn, runsOf, runWidth, textWidth, type Face } from "./fonts.ts";
import { pictureFile } from "./write-svg.ts";

export interface PdfOptions {
  /** Streams deflated; on unless somebody wants to read them. */
  readonly isCompressed?: boolean;
}

type Document = InstanceType<typeof PDFDocument>;

/** The key of the recipe in the document's information dictionary. */
export const recipeKey = "GramscopeRecipe";

export async function writePdf(
  drawing: Drawing,
  words: Words,
  { isCompressed = true }: PdfOptions = {},
): Promise<Uint8Array> {
  const { width, height, ground, parts } = drawing;
  const document = new PDFDocument({
    size: [width, height],
    margin: 0,
    compress: isCompressed,
    // Its own fonts are files that the program does not bring along.
    font: "",
    info: {
      Title: words.title,
      Subject: words.caption,
      Creator: "Gramscope",
      Producer: "Gramscope",
    },
  });
  // Keys of one's own are allowed there (ISO 32000-1, 14.3.3); the types know the usual ones.
  Object.assign(document.info, { [recipeKey]: words.recipe });
  const chunks: Buffer[] = [];
  document.on("data", (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve, reject) => {
    document.once("end", resolve);
    document.once("error", reject);
  });
  document.rect(0, 0, width, height).fill([...ground]);
  for (const face of facesIn(parts)) document.registerFont(nameOf(face), face.file);
  for (const part of parts) await draw(document, part);
  document.end();
  await ended;
  return Uint8Array.from(Buffer.concat(chunks));
}

async function draw(document: Document, part: Part): Promise<void> {
  switch (part.kind) {
    case "picture": {
      const { box, opacity } = part;
      const { bytes } = await pictureFile(part);
      const { x, y, width, height } = box;
      document.save().opacity(opacity);
      document.image(Buffer.from(bytes), x, y, { width, height });
      document.restore();
      break;
    }
    case "text":
      write(document, part);
      break;
    case "rectangle": {
      const { box, fill, stroke } = part;
      const { x, y, width, height } = box;
      if (fill) {
        document
          .fillColor([...fill.colour], fill.opacity)
          .rect(x, y, width, height)
          .fill();
      }
      if (stroke) pen(document, stroke).rect(x, y, width, height).stroke();
      break;
    }
    case "line": {
      const { from, to, stroke } = part;
      pen(document, stroke)
        .moveTo(...from)
        .lineTo(...to)
        .stroke();
      break;
    }
    case "path": {
      const { points, fill, stroke } = part;
      const trace = () => {
        document.moveTo(points[0]!, points[1]!);
        for (let i = 2; i < points.length; i += 2) document.lineTo(points[i]!, points[i + 1]!);
      };
      if (fill) {
        trace();
        document.fillColor([...fill.colour], fill.opacity).fill();
      }
      if (stroke) {
        document.save();
        pen(document, stroke).lineJoin("round").lineCap("round");
        const [on, off] = stroke.dash ?? [];
        if (on !== undefined) document.dash(on, { space: off ?? on });
        trace();
        document.stroke().restore();
      }
      break;
    }
    case "ring": {
      const { box, stroke } = part;
      const [rx, ry] = [box.width / 2, box.height / 2];
      pen(document, stroke)
        .ellipse(box.x + rx, box.y + ry, rx, ry)
        .stroke();
      break;
    }
  }
}

const nameOf = ({ family, weight }: Face) => `${family} ${weight}`;

const pen = (document: Document, { colour, opacity, width }: LinePart["stroke"]): Document =>
  document.strokeColor([...colour], opacity).lineWidth(width);

function write(document: Document, part: TextPart): void {
  const { text, style, anchor, colour, x, y, isUpright } = part;
  document.save();
  if (isUpright) document.rotate(-90, { origin: [x, y] });
  let left = x - { start: 0, middle: 0.5, end: 1 }[anchor] * textWidth(text, style);
  document.fillColor([...colour], 1).fontSize(style.size);
  for (const run of runsOf(text, style.weight)) {
    document.font(nameOf(run.face));
    document.text(run.text, left, y, { lineBreak: false, baseline: "alphabetic" });
    left += runWidth(run, style.size);
  }
  document.restore();
}
