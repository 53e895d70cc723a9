/** Numbers from NumPy and PyTorch: test/fixtures/labelled-probes/make.py says how they were made. */
import { readFileSync } from "node:fs";

interface Fixture {
  readonly cut: {
    readonly rows: number;
    readonly cols: number;
    readonly features: number[];
    readonly cuts: readonly {
      readonly tau: number;
      readonly value: number;
      readonly vector: number[];
      readonly seed: number;
      readonly part: number[];
      readonly box: [number, number, number, number];
    }[];
  };
  readonly contours: {
    readonly width: number;
    readonly height: number;
    readonly cases: readonly {
      readonly a: string;
      readonly b: string;
      readonly void: string;
      readonly j: number;
      readonly f: Readonly<Record<string, number>>;
    }[];
  };
  readonly logistic: readonly {
    readonly n: number;
    readonly d: number;
    readonly x: number[];
    readonly y: number[];
    readonly fits: readonly {
      readonly c: number;
      readonly weights: number[];
      readonly bias: number;
    }[];
  }[];
  readonly precision: readonly { scores: number[]; labels: number[]; ap: number }[];
  readonly propagation: {
    readonly rows: number;
    readonly cols: number;
    readonly width: number;
    readonly classes: number;
    readonly context: number;
    readonly neighbours: number;
    readonly temperature: number;
    readonly features: readonly number[][];
    readonly first: number[];
    readonly runs: readonly {
      readonly shape: "circle" | "square";
      readonly radius: number;
      readonly labels: readonly number[][];
    }[];
  };
  readonly upsampling: { values: number[]; bilinear: number[]; nearest: number[] };
}

const place = new URL("../fixtures/labelled-probes/labelled-probes.json", import.meta.url);

export const fixture = JSON.parse(readFileSync(place, "utf8")) as Fixture;
