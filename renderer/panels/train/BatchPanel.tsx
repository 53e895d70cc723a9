/** What the last batch saw: its photographs with every crop and every masked patch drawn on them. */
import { useEffect, useState } from "react";
import type { BatchImage } from "../../../engine/protocol/training.ts";
import { baseName } from "../../store/base-name.ts";
import { useLook } from "../store-context.ts";
import { Words } from "../learn/Words.tsx";

/** Pixels of a small picture's long side. */
const side = 256;

export function BatchPanel() {
  const batch = useLook((state) => state.batch);
  const [large, setLarge] = useState<number>();
  if (!batch) return null;
  const chosen = large === undefined ? undefined : batch.images[large];
  return (
    <section className="batch" aria-label="Batch">
      <h2>
        <Words>Batch</Words> <span className="num">step {batch.step}</span>
        {chosen && <button onClick={() => setLarge(undefined)}>All</button>}
      </h2>
      <p className="batch-key">
        <span className="crop-global-0">
          <Words>first global crop</Words>
        </span>{" "}
        <span className="crop-global-1">second</span>{" "}
        <span className="crop-local">local crops</span>{" "}
        <span className="masked">
          <Words>masked patches</Words>
        </span>
      </p>
      {chosen ? (
        <Photograph image={chosen} isLarge />
      ) : (
        <div className="batch-grid">
          {batch.images.map((image, i) => (
            <button
              key={`${i} ${image.file}`}
              className="batch-image"
              title={`${baseName(image.file)}: enlarge`}
              onClick={() => setLarge(i)}
            >
              <Photograph image={image} />
            </button>
          ))}
        </div>
      )}
      {chosen && <p className="note">{baseName(chosen.file)}</p>}
    </section>
  );
}

function Photograph({ image, isLarge = false }: { image: BatchImage; isLarge?: boolean }) {
  const pixels = isLarge ? 2 * side : side;
  const picture = useLook((state) => state.pictures.get(`${pixels} ${image.file}`));
  const loadPicture = useLook((state) => state.loadPicture);
  useEffect(() => loadPicture(image.file, pixels), [image.file, pixels, loadPicture]);
  const { width, height, crops, masks } = image;
  const globals = crops.filter(({ kind }) => kind === "global");
  return (
    <svg
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={`${baseName(image.file)} with ${crops.length} crops`}
    >
      {picture !== undefined && picture !== "" && (
        <image href={picture} width={width} height={height} preserveAspectRatio="none" />
      )}
      {globals.map(({ box, flipped }, i) => (
        <g key={i} className={`crop-global-${i}`}>
          {maskedPatches(masks[i]?.data, flipped).map(({ x, y, size }) => (
            <rect
              key={`${x} ${y}`}
              className="masked"
              x={box.x + x * box.w}
              y={box.y + y * box.h}
              width={size * box.w}
              height={size * box.h}
            />
          ))}
          <rect className="crop" x={box.x} y={box.y} width={box.w} height={box.h} />
        </g>
      ))}
      {crops
        .filter(({ kind }) => kind === "local")
        .map(({ box }, i) => (
          <rect
            key={i}
            className="crop crop-local"
            x={box.x}
            y={box.y}
            width={box.w}
            height={box.h}
          />
        ))}
    </svg>
  );
}

/** Places of masked patches within a crop, in parts of its sides; a mirrored crop is turned back. */
function maskedPatches(mask: Uint8Array | undefined, isFlipped: boolean) {
  if (!mask) return [];
  const grid = Math.round(Math.sqrt(mask.length));
  const size = 1 / grid;
  return Array.from(mask).flatMap((value, i) => {
    if (value === 0) return [];
    const col = i % grid;
    const shown = isFlipped ? grid - 1 - col : col;
    return [{ x: shown * size, y: Math.floor(i / grid) * size, size }];
  });
}
