/** How a backbone knows where a patch lies, in words. */
import { traitsOf, type BackboneConfig } from "./config.ts";

/** One line for people: "learned 37×37 and CLS, resized ..."; undefined for DINOv3's rotary ones. */
export function describePositions(config: BackboneConfig): string | undefined {
  if (config.architecture === "convnext") return noPositions;
  const { table, rotation, windows } = traitsOf(config);
  const parts: string[] = [];
  if (table) {
    const { method, antialias, offset, isCutFromSquare } = table.resize;
    const how = [
      `${method}${antialias ? " with antialiasing" : ""}`,
      ...(offset > 0 ? [`offset ${offset}`] : []),
      ...(isCutFromSquare ? ["cut from a square"] : []),
    ];
    parts.push(
      `learned ${table.cols}×${table.rows}${table.hasClass ? " and CLS" : ""}, resized to a picture's grid ${how.join(", ")}`,
    );
  }
  if (rotation === "pe") parts.push("rotary by row and column");
  if (rotation === "v-jepa") parts.push("rotary by frame, row and column");
  if (windows) parts.push("a bias of attention by the distance of rows and of columns");
  return parts.length > 0 ? parts.join("; ") : undefined;
}

/** Of a network whose convolutions see what lies where. */
export const noPositions = "none: the network is convolutional";
