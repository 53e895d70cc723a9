/** The box around what is drawn in space, and the names of its axes as text of the page. */
import {
  BufferAttribute,
  Color,
  GLSL3,
  type InstancedBufferGeometry,
  LinearSRGBColorSpace,
  LineSegments,
  type Matrix4,
  ShaderMaterial,
  Vector3,
  Vector4,
} from "three";
import type { Vector } from "./height-field.ts";
import { copyShift, lineGeometry, setLineWidth, thinLine } from "./thick-lines.ts";

const vertexShader = `
  ${copyShift}
  void main() {
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
    gl_Position.xy += copyShift() * gl_Position.w;
  }
`;

const fragmentShader = `
  precision highp float;
  uniform vec3 line;
  out vec4 colour;
  void main() {
    colour = vec4(line, 1.0);
  }
`;

/** Each edge of the box by the signs of its ends. */
const edges: readonly [Vector, Vector][] = [0, 1, 2].flatMap((axis) =>
  [-1, 1].flatMap((a) =>
    [-1, 1].map((b): [Vector, Vector] => {
      const end = (along: number): Vector => {
        const others = [a, b];
        const at = [0, 1, 2].map((k) => (k === axis ? along : others.shift()!));
        return [at[0]!, at[1]!, at[2]!];
      };
      return [end(-1), end(1)];
    }),
  ),
);

/** Above and under a name, in CSS pixels. */
const air = 2;

/** The name of an axis, 0..1 rightward and downward. */
export interface AxisName {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  /** Whether it stands over this place, or under it. */
  readonly isOver: boolean;
}

export class SpaceFrame {
  readonly object: LineSegments<InstancedBufferGeometry, ShaderMaterial>;
  private readonly lineWidth = thinLine();
  private readonly labels: HTMLElement[] = [];
  private widths: readonly number[] = [];
  private lineHeight = 0;
  /** Width of the host for which the names were measured: in a narrow one they are short. */
  private measuredAt: number | undefined;
  private extent: Vector = [1, 1, 1];

  /** @param host the element over which the names are put */
  constructor(private readonly host: HTMLElement) {
    const geometry = lineGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(72), 3));
    const uniforms = { line: { value: new Color() }, ...this.lineWidth };
    const options = { glslVersion: GLSL3, vertexShader, fragmentShader, uniforms };
    this.object = new LineSegments(geometry, new ShaderMaterial(options));
    this.object.frustumCulled = false;
  }

  setTheme(line: string): void {
    // The size of text may be another as well.
    this.measuredAt = undefined;
    const { uniforms } = this.object.material;
    (uniforms["line"]!.value as Color).setStyle(line, LinearSRGBColorSpace);
  }

  /**
   * @param axes    names of x, y and z, or none
   * @param isFloor only the lowest four edges are drawn: the others would cross what they stand around
   */
  set(extent: Vector, axes: readonly string[], isFloor = false): void {
    this.extent = extent;
    const position = this.object.geometry.getAttribute("position") as BufferAttribute;
    const isDrawn = (edge: readonly [Vector, Vector]) => !isFloor || edge.every(([, y]) => y < 0);
    const drawn = edges.filter(isDrawn);
    this.object.geometry.setDrawRange(0, 2 * drawn.length);
    drawn.flat().forEach((corner, i) => {
      position.setXYZ(i, corner[0] * extent[0], corner[1] * extent[1], corner[2] * extent[2]);
    });
    position.needsUpdate = true;
    for (const label of this.labels.splice(0)) label.remove();
    for (const name of axes) {
      const label = document.createElement("span");
      label.className = "axis";
      // "1st component (50.7 % of variance)": what is in brackets goes where there is no room.
      const [what = "", ...share] = name.split(" (");
      label.textContent = what;
      if (share.length > 0) {
        const more = document.createElement("span");
        more.textContent = ` (${share.join(" (")}`;
        label.append(more);
      }
      this.host.append(label);
      this.labels.push(label);
    }
    this.measuredAt = undefined;
  }

  /** @param pixels of a line in a picture of that size */
  setLineWidth(pixels: number, size: { width: number; height: number }): void {
    setLineWidth(pixels, size, this.lineWidth, [this.object.geometry]);
  }

  /** The part of the picture that the box fills, 0..1; all of it where it goes round the eye. */
  bounds(matrix: Matrix4): { left: number; right: number; top: number; bottom: number } {
    const [x, y, z] = this.extent;
    const corners = edges.flat().map((at) => {
      const corner = new Vector4(at[0] * x, at[1] * y, at[2] * z, 1).applyMatrix4(matrix);
      return corner.w > 0 ? [corner.x / corner.w, -corner.y / corner.w] : [NaN, NaN];
    });
    const ends = (axis: 0 | 1) => {
      const values = corners.map((corner) => (corner[axis]! + 1) / 2);
      if (values.some(Number.isNaN)) return [0, 1] as const;
      return [Math.max(0, Math.min(...values)), Math.min(1, Math.max(...values))] as const;
    };
    const [[left, right], [top, bottom]] = [ends(0), ends(1)];
    return { left, right, top, bottom };
  }

  /** The names whole, and where each stands, 0..1 rightward and downward. */
  names(matrix: Matrix4): AxisName[] {
    return this.labels.map(({ textContent }, axis) => {
      const [x, y] = axis === 1 ? this.upright(matrix) : this.lowest(axis, matrix);
      // Over the end of the upright edge, under the others.
      return { text: textContent, x: (x + 1) / 2, y: (1 - y) / 2, isOver: axis === 1 };
    });
  }

  /** Put the names beside the edges where a reader looks for them. @param matrix projection times view */
  place(matrix: Matrix4, width: number, height: number): void {
    if (width !== this.measuredAt) {
      this.widths = this.labels.map((label) => label.offsetWidth + 1);
      this.lineHeight = Math.max(0, ...this.labels.map((label) => label.offsetHeight)) + air;
    }
    this.measuredAt = width;
    const { lineHeight } = this;
    const taken: { left: number; top: number; width: number }[] = [];
    this.labels.forEach((label, axis) => {
      const [x, y] = axis === 1 ? this.upright(matrix) : this.lowest(axis, matrix);
      const wide = this.widths[axis] ?? 0;
      const free = Math.max(0, width - wide);
      const left = Math.min(free, Math.max(0, ((x + 1) / 2) * width - wide / 2));
      const beside = axis === 1 ? -1.2 * lineHeight : 0.2 * lineHeight;
      const floor = height - lineHeight;
      let top = Math.min(floor, Math.max(0, ((1 - y) / 2) * height + beside));
      // Two names at one place would be none.
      const hides = (one: (typeof taken)[number]) =>
        left < one.left + one.width &&
        one.left < left + wide &&
        Math.abs(one.top - top) < lineHeight;
      while (taken.some(hides) && top < floor) top = Math.min(floor, top + lineHeight);
      while (taken.some(hides) && top > 0) top = Math.max(0, top - lineHeight);
      taken.push({ left, top, width: wide });
      label.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    });
  }

  dispose(): void {
    for (const label of this.labels) label.remove();
    this.object.geometry.dispose();
    this.object.material.dispose();
  }

  /** The upper end of the upright edge that is farthest to the left. */
  private upright(matrix: Matrix4): [number, number] {
    const ends = edgesAlong(1).map(([, upper]) => this.onScreen(upper, matrix));
    return ends.reduce((best, end) => (end[0] < best[0] ? end : best));
  }

  /** The middle of the lowest edge along an axis. */
  private lowest(axis: number, matrix: Matrix4): [number, number] {
    const middles = edgesAlong(axis).map(([a, b]) =>
      this.onScreen([(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2], matrix),
    );
    return middles.reduce((best, middle) => (middle[1] < best[1] ? middle : best));
  }

  /** @returns -1..1 rightward and upward */
  private onScreen(corner: Vector, matrix: Matrix4): [number, number] {
    const [x, y, z] = this.extent;
    const at = new Vector3(corner[0] * x, corner[1] * y, corner[2] * z).applyMatrix4(matrix);
    return [at.x, at.y];
  }
}

const edgesAlong = (axis: number) => edges.slice(4 * axis, 4 * axis + 4);
