/** A page of one drawing in space alone: with WebGL as on the screen, and by the processor as in figures. */
import { drawSpacePicture } from "../../renderer/scene/space-picture.ts";
import { SpaceScene } from "../../renderer/scene/space-scene.ts";
import { css, pointsContent, sized, surfaceContent, themes } from "./space-world.ts";

export interface SpacePage {
  /** Puts the scene onto the page. */
  show(what: "points" | "surface", count: number, ground: "light" | "dark"): void;
  /** Milliseconds until there is a picture, and of them the most for which nothing else could happen. */
  time(what: "points" | "surface", count: number, side: number): Promise<[number, number]>;
}

const contentOf = (what: "points" | "surface", count: number) =>
  what === "points" ? pointsContent(count) : surfaceContent(count);

let shown: SpaceScene | undefined;

const page: SpacePage = {
  show(what, count, ground) {
    shown?.dispose();
    const { content, sight, size } = sized(contentOf(what, count));
    const { ink, line, paper } = themes[ground];
    document.body.style.margin = "0";
    const host = document.createElement("div");
    host.id = "host";
    host.style.cssText = `width:${size.width}px;height:${size.height}px;background:${css(paper)}`;
    document.body.replaceChildren(host);
    const nothing = () => {};
    const options = { isMeasuring: false, onRest: nothing, onLost: nothing, onRestored: nothing };
    shown = new SpaceScene(host, options);
    shown.setTheme({ ink: css(ink), line: css(line), paper: css(paper) });
    if (content.kind === "points") {
      shown.showPoints(content.points);
      shown.recolourPoints(content.colouring);
      shown.markPoints(content.marks);
    } else {
      shown.showSurface(content.field, content.axes);
      shown.recolourSurface(content.table);
      shown.markSurface(content.row, content.col);
    }
    shown.eye.isAbove = content.kind === "surface";
    shown.eye.sight = sight;
  },
  async time(what, count, side) {
    const view = { ...sized(contentOf(what, count)), sight: undefined };
    let longest = 0;
    let since = performance.now();
    const channel = new MessageChannel();
    // From turn to turn of the page: while one lasts nothing else happens.
    channel.port1.onmessage = () => {
      const now = performance.now();
      longest = Math.max(longest, now - since);
      since = now;
      channel.port2.postMessage(0);
    };
    channel.port2.postMessage(0);
    const begun = performance.now();
    await drawSpacePicture(view, { width: side, height: side }, themes.light);
    const took = performance.now() - begun;
    await new Promise((resolve) => setTimeout(resolve));
    channel.port1.close();
    return [took, longest];
  },
};

Object.assign(window, { spacePage: page });
