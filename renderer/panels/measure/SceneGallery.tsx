/** A page of small scenes: arrows go from one to the next, and on to the next page. */
import { useEffect, useRef, type KeyboardEvent } from "react";
import { lastScene, pageStart, thumbKey } from "../../store/measure-scenes-slice.ts";
import { useLook } from "../store-context.ts";

/** Smallest side of a cell and the gap between two, in pixels, as scenes.css has them. */
const [cell, gap] = [88, 6] as const;

export function SceneGallery() {
  const scenes = useLook((state) => state.scenes);
  const setScenes = useLook((state) => state.setScenes);
  const perPage = useLook((state) => state.scenesPerPage);
  const setPerPage = useLook((state) => state.setScenesPerPage);
  const thumbs = useLook((state) => state.sceneThumbs);
  const drawThumbs = useLook((state) => state.drawThumbs);
  const isOpen = useLook((state) => state.connection.kind === "open");
  const epoch = useLook((state) => state.epoch);
  const list = useRef<HTMLUListElement>(null);
  const columns = useRef(1);
  const { seed, index, kind } = scenes;
  const start = pageStart(index, perPage);
  const count = Math.min(perPage, lastScene - start + 1);

  useEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      columns.current = Math.max(1, Math.floor((width + gap) / (cell + gap)));
      const size = (width + gap) / columns.current;
      setPerPage(columns.current * Math.max(1, Math.floor((height + gap) / size)));
    });
    observer.observe(list.current!);
    return () => observer.disconnect();
  }, [setPerPage]);

  useEffect(() => {
    if (isOpen) drawThumbs(Array.from({ length: count }, (_, i) => start + i));
  }, [drawThumbs, isOpen, epoch, start, count, seed, kind]);

  const choose = (next: number) => {
    const held = Math.min(lastScene, Math.max(0, next));
    setScenes({ index: held });
    return held;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const by: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -columns.current,
      ArrowDown: columns.current,
      PageUp: -perPage,
      PageDown: perPage,
      Home: start - index,
      End: start + count - 1 - index,
    };
    const step = by[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(index + step);
    // The focus goes with the choice, also onto the next page.
    requestAnimationFrame(() =>
      list.current?.querySelector<HTMLElement>("[aria-selected=true]")?.focus(),
    );
  };

  return (
    <section className="gallery" aria-label="Gallery">
      <header>
        <h2>
          Scenes{" "}
          <span className="num">
            {start.toLocaleString("en-US")} to {(start + count - 1).toLocaleString("en-US")}
          </span>
        </h2>
        <span className="joined" role="group" aria-label="Pages of scenes">
          <button
            title="Previous page (Page up)"
            aria-label="Previous page"
            disabled={start === 0}
            onClick={() => choose(start - perPage)}
          >
            ←
          </button>
          <button
            title="Next page (Page down)"
            aria-label="Next page"
            disabled={start + count > lastScene}
            onClick={() => choose(start + perPage)}
          >
            →
          </button>
        </span>
      </header>
      <ul
        ref={list}
        role="listbox"
        aria-label="Scenes; arrows choose, Page up and Page down turn pages"
        onKeyDown={onKeyDown}
      >
        {Array.from({ length: count }, (_, i) => start + i).map((one) => {
          const url = thumbs.get(thumbKey(scenes, one));
          return (
            <li
              key={one}
              role="option"
              aria-selected={one === index}
              aria-label={`Scene ${one}`}
              tabIndex={one === index ? 0 : -1}
              title={`Scene ${one}`}
              onClick={() => choose(one)}
            >
              {url !== undefined && <img src={url} alt="" draggable={false} />}
              <span className="num">{one.toLocaleString("en-US")}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
