/** Two pictures side by side, points that correspond joined by lines; one of them can be followed. */
import { useMemo, useState } from "react";
import { classColour } from "../../../engine/protocol/class-colours.ts";
import type { ScenePair } from "../../../engine/protocol/scenes.ts";
import { float32Values } from "../../../engine/protocol/tensor.ts";
import { Slider } from "../fields.tsx";
import { cssColour } from "./scene-layers.ts";

/** Between the pictures, in parts of their side. */
const gap = 0.04;

export function ScenePairView(props: {
  urls: readonly [string, string];
  pair: ScenePair;
  /** Of either picture, in pixels. */
  side: number;
}) {
  const { urls, pair, side } = props;
  const [followed, setFollowed] = useState<number>();
  const points = useMemo(() => pointsOf(pair), [pair]);
  const second = side * (1 + gap);
  return (
    <>
      <div className="pair-space">
        <svg
          viewBox={`0 0 ${second + side} ${side}`}
          preserveAspectRatio="xMidYMin"
          role="img"
          aria-label={`Two pictures with ${points.length} points that correspond`}
          onPointerLeave={() => setFollowed(undefined)}
        >
          <image href={urls[0]} width={side} height={side} />
          <image href={urls[1]} x={second} width={side} height={side} />
          {points.map(([x, y, otherX, otherY], i) => {
            const colour = cssColour(classColour(i));
            const name =
              followed === undefined ? "match" : followed === i ? "match followed" : "match other";
            return (
              <g key={i} className={name} stroke={colour} onPointerEnter={() => setFollowed(i)}>
                <line x1={x} y1={y} x2={otherX + second} y2={otherY} className="rim" />
                <line x1={x} y1={y} x2={otherX + second} y2={otherY} />
                <circle cx={x} cy={y} r={side / 110} fill={colour} />
                <circle cx={otherX + second} cy={otherY} r={side / 110} fill={colour} />
              </g>
            );
          })}
        </svg>
      </div>
      <footer className="scene-foot">
        {points.length === 0 ? (
          <p className="scene-readout">These pictures share no point that both show.</p>
        ) : (
          <>
            <p className="num scene-readout" role="status">
              {followed === undefined
                ? "Point at a line, or follow one by number."
                : told(points[followed]!)}
            </p>
            <Slider
              label="Follow point"
              value={followed ?? 0}
              min={0}
              max={points.length - 1}
              shown={followed === undefined ? "none" : String(followed + 1)}
              onChange={setFollowed}
            />
          </>
        )}
      </footer>
    </>
  );
}

type Match = readonly [x: number, y: number, otherX: number, otherY: number];

function pointsOf({ points }: ScenePair): Match[] {
  const values = float32Values(points);
  return Array.from({ length: values.length / 4 }, (_, i) => {
    const [x = 0, y = 0, otherX = 0, otherY = 0] = values.subarray(4 * i, 4 * i + 4);
    return [x, y, otherX, otherY] as const;
  });
}

function told([x, y, otherX, otherY]: Match): string {
  const place = (a: number, b: number) => `${a.toFixed(1)}, ${b.toFixed(1)}`;
  return `${place(x, y)} → ${place(otherX, otherY)} px`;
}
