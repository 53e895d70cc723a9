/** From where space is looked at, and toward what: as the state holds it, and as sessions and the address write it. */

type Place = readonly [number, number, number];

/** Half the longest side of the box around what is drawn is 1, and its middle lies at 0. */
export interface SpaceSight {
  readonly from: Place;
  readonly toward: Place;
}

/** How near and how far the eye may be from what it looks at, and how far that may be from the middle. */
export const sightLimits = { nearest: 0.4, farthest: 12, reach: 20 } as const;

export const sightExpected =
  `six numbers, from x,y,z toward x,y,z, ${sightLimits.nearest} to ${sightLimits.farthest} apart, ` +
  `the second place within ${sightLimits.reach} of the middle`;

/** To a millionth, so that what is written is read as the same. */
export function roundedSight(from: readonly number[], toward: readonly number[]): SpaceSight {
  const short = ([x = 0, y = 0, z = 0]: readonly number[]): Place => [round(x), round(y), round(z)];
  return { from: short(from), toward: short(toward) };
}

// Adding 0 makes -0 of it 0, which is written the same.
const round = (value: number) => Math.round(value * 1e6) / 1e6 + 0;

export const formatSight = ({ from, toward }: SpaceSight): string => [...from, ...toward].join(",");

/** @returns undefined for what is no sight, or one that the pane does not allow */
export function parseSight(text: string): SpaceSight | undefined {
  if (!/^-?\d{1,3}(\.\d{1,9})?(,-?\d{1,3}(\.\d{1,9})?){5}$/.test(text)) return undefined;
  const numbers = text.split(",").map(Number);
  const sight = roundedSight(numbers.slice(0, 3), numbers.slice(3));
  const { from, toward } = sight;
  const apart = lengthOf(from.map((value, axis) => value - toward[axis]!));
  const { nearest, farthest, reach } = sightLimits;
  const isAllowed =
    apart >= nearest - slack && apart <= farthest + slack && lengthOf(toward) <= reach + slack;
  return isAllowed ? sight : undefined;
}

/** What rounding may take away from a limit. */
const slack = 1e-5;

const lengthOf = (place: readonly number[]) =>
  Math.sqrt(place.reduce((sum, value) => sum + value * value, 0));

/** The pane of space in CSS pixels: how much of space is seen, and how large points are beside it. */
export interface SpaceSize {
  readonly width: number;
  readonly height: number;
}

/** Beside one photograph in a window of 1440 x 900; where nobody has seen the pane. */
export const usualSpaceSize: SpaceSize = { width: 446, height: 703 };

export const spaceSizeExpected = "width x height in pixels, such as 446x703";

export const formatSpaceSize = ({ width, height }: SpaceSize): string => `${width}x${height}`;

export function parseSpaceSize(text: string): SpaceSize | undefined {
  if (!/^[1-9]\d{0,4}x[1-9]\d{0,4}$/.test(text)) return undefined;
  const [width = 0, height = 0] = text.split("x").map(Number);
  return { width, height };
}
