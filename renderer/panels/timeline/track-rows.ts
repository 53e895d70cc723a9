/** How many curves stand over the ticks: as many as leave the photograph a useful size. */
import { useEffect, useState, type RefObject } from "react";
import { useLook } from "../store-context.ts";

/** Pixels of the middle of the window that so many curves want, at text of 100 %. */
const wanted = [
  { rows: 2, height: 460 },
  { rows: 1, height: 340 },
] as const;

/**
 * @param height pixels of stage and timeline together
 * @param textScale 1 where text is as large as the page is made for
 */
export const rowsIn = (height: number, textScale: number): number =>
  wanted.find((one) => height >= one.height * textScale)?.rows ?? 0;

/** @param dock what stands under the stage, in the same column */
export function useTrackRows(dock: RefObject<HTMLElement | null>): number {
  const textSize = useLook(({ settings }) => settings.textSize);
  const [height, setHeight] = useState(Infinity);
  useEffect(() => {
    const column = dock.current!.parentElement!;
    const observer = new ResizeObserver(() => setHeight(column.clientHeight));
    observer.observe(column);
    return () => observer.disconnect();
  }, [dock]);
  return rowsIn(height, textSize / 100);
}
