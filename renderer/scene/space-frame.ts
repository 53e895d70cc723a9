/** The box around what is drawn in space, and the names of its axes as text of the page. */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  GLSL3,
  LinearSRGBColorSpace,
  LineSegments,
  type Matrix4,
  ShaderMaterial,
  Vector3,
} from "three";
import type { Vector } from "./height-field.ts";

const vertexShader = `
  void main() {
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
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

/** Of a name, in CSS pixels. */
const lineHeight = 18;

export class SpaceFrame {
  readonly object: LineSegments<BufferGeometry, ShaderMaterial>;
  private readonly labels: HTMLElement[] = [];
  private widths: number[] = [];
  private extent: Vector = [1, 1, 1];

  /** @param host the element over which the names are put */
  constructor(private readonly host: HTMLElement) {
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(new Float32Array(72), 3));
    const uniforms = { line: { value: new Color() } };
    const options = { glslVersion: GLSL3, vertexShader, fragmentShader, uniforms };
    this.object = new LineSegments(geometry, new ShaderMaterial(options));
    this.object.frustumCulled = false;
  }

  setTheme(line: string): void {
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
      label.textContent = name;
      this.host.append(label);
      this.labels.push(label);
    }
    this.widths = this.labels.map((label) => label.offsetWidth);
  }

  /** Put the names beside the edges that are outermost on the screen. @param matrix projection times view */
  place(matrix: Matrix4, width: number, height: number): void {
    const taken: { left: number; top: number; width: number }[] = [];
    this.labels.forEach((label, axis) => {
      const [x, y] = this.outermost(axis, matrix);
      const wide = this.widths[axis] ?? 0;
      const middle = Math.min(width - wide / 2, Math.max(wide / 2, ((x + 1) / 2) * width));
      const left = middle - wide / 2;
      let top = Math.min(height - 2 * lineHeight, Math.max(0, ((1 - y) / 2) * height));
      // Two names at one place would be none.
      const hides = (one: (typeof taken)[number]) =>
        left < one.left + one.width &&
        one.left < left + wide &&
        Math.abs(one.top - top) < lineHeight;
      while (taken.some(hides) && top > 0) top -= lineHeight;
      taken.push({ left, top, width: wide });
      label.style.transform = `translate(${left.toFixed(1)}px, ${top.toFixed(1)}px)`;
    });
  }

  dispose(): void {
    for (const label of this.labels) label.remove();
    this.object.geometry.dispose();
    this.object.material.dispose();
  }

  /** The middle of the edge along an axis that is farthest from the middle of the view. */
  private outermost(axis: number, matrix: Matrix4): [number, number] {
    let best: [number, number] = [0, 0];
    let farthest = -Infinity;
    for (const [from, to] of edges.slice(4 * axis, 4 * axis + 4)) {
      const middle = [0, 1, 2].map((k) => ((from[k]! + to[k]!) / 2) * this.extent[k]!);
      const at = new Vector3(...middle).applyMatrix4(matrix);
      // Below and beside is where a reader looks for names.
      const reach = Math.hypot(at.x, at.y) - (axis === 1 ? 0 : at.y);
      if (reach > farthest) {
        farthest = reach;
        best = [at.x * 1.04, at.y * 1.04];
      }
    }
    return best;
  }
}
