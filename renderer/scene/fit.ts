/** How large a photograph is drawn in the space there is. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The largest whole-pixel size of the photograph's aspect within the space; undefined in no space. */
export function fitInside(space: Size, photograph: Size): Size | undefined {
  if (space.width < 1 || space.height < 1) return undefined;
  const scale = Math.min(space.width / photograph.width, space.height / photograph.height);
  return {
    width: Math.max(1, Math.floor(photograph.width * scale)),
    height: Math.max(1, Math.floor(photograph.height * scale)),
  };
}
