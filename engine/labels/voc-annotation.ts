/** Boxes out of Pascal VOC's annotation files, one XML for each image. */
import { DOMParser, type Element, type Node, ParseError } from "@xmldom/xmldom";
import { EngineError } from "../protocol/errors.ts";
import type { Box } from "./labelled.ts";
import { readText } from "./text-files.ts";

/** Annotations have some kilobytes. */
const maxBytes = 4 * 1024 * 1024;

/**
 * The boxes of a file's objects, difficult and truncated ones too; those of parts (a head, a hand)
 * are not objects. VOC counts pixels from 1 and includes both ends.
 *
 * @throws EngineError "path.missing", "path.unreadable", "config.invalid"
 */
export async function readVocBoxes(file: string): Promise<Box[]> {
  return childrenOf(parse(await readText(file, maxBytes), file), "object").map((object, index) => {
    const where = `${file}: object ${index + 1}`;
    const [box] = childrenOf(object, "bndbox");
    if (!box) throw new EngineError("config.invalid", `${where}: expected a bndbox, found none`);
    const edge = (name: string): number => {
      const text = childrenOf(box, name)[0]?.textContent?.trim() ?? "";
      const value = text === "" ? NaN : Number(text);
      if (Number.isFinite(value)) return value;
      const received = text === "" ? "none" : JSON.stringify(text.slice(0, 40));
      throw new EngineError(
        "config.invalid",
        `${where}: ${name}: expected a number, received ${received}`,
      );
    };
    const [xmin, ymin, xmax, ymax] = [edge("xmin"), edge("ymin"), edge("xmax"), edge("ymax")];
    if (xmax < xmin || ymax < ymin) {
      throw new EngineError(
        "config.invalid",
        `${where}: expected xmin ≤ xmax and ymin ≤ ymax, received ${xmin} to ${xmax} and ${ymin} to ${ymax}`,
      );
    }
    return { x: xmin - 1, y: ymin - 1, w: xmax - xmin + 1, h: ymax - ymin + 1 };
  });
}

function parse(text: string, file: string): Element {
  try {
    // Warnings and errors that can be recovered from would otherwise go to the console.
    const parser = new DOMParser({ onError: () => undefined });
    const root = parser.parseFromString(text, "text/xml").documentElement;
    if (root?.tagName === "annotation") return root;
    throw new EngineError(
      "config.invalid",
      `${file}: expected <annotation>, received <${root?.tagName ?? "nothing"}>`,
    );
  } catch (error) {
    if (!(error instanceof ParseError)) throw error;
    const [reason] = error.message.split("\n");
    throw new EngineError("config.invalid", `${file}: expected XML: ${reason ?? ""}`, {
      cause: error,
    });
  }
}

function childrenOf(parent: Element, name: string): Element[] {
  const isNamed = (node: Node): node is Element => node.nodeName === name && node.nodeType === 1;
  return Array.from(parent.childNodes).filter(isNamed);
}
