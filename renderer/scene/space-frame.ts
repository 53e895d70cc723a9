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
} from "three";
import { isOver, SpaceBox } from "./space-box.ts";

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

/** Above and under a name, in CSS pixels. */
const air = 2;

export class SpaceFrame {
  readonly object: LineSegments<BufferGeometry, ShaderMaterial>;
  private readonly labels: HTMLElement[] = [];
  private widths: readonly number[] = [];
  private lineHeight = 0;
  /** Width of the host for which the names were measured: in a narrow one they are short. */
  private measuredAt: number | undefined;
  private box = new SpaceBox([1, 1, 1], [], false);

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
    // The size of text may be another as well.
    this.measuredAt = undefined;
    const { uniforms } = this.object.material;
    (uniforms["line"]!.value as Color).setStyle(line, LinearSRGBColorSpace);
  }

  /** @param box what is drawn, with the names of its axes */
  set(box: SpaceBox): void {
    this.box = box;
    const position = this.object.geometry.getAttribute("position") as BufferAttribute;
    const corners = box.lines.flat();
    this.object.geometry.setDrawRange(0, corners.length);
    corners.forEach((corner, i) => position.setXYZ(i, ...corner));
    position.needsUpdate = true;
    for (const label of this.labels.splice(0)) label.remove();
    for (const name of box.axes) {
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
      const [x, y] = this.box.nameAt(axis, matrix);
      const wide = this.widths[axis] ?? 0;
      const free = Math.max(0, width - wide);
      const left = Math.min(free, Math.max(0, ((x + 1) / 2) * width - wide / 2));
      const beside = isOver(axis) ? -1.2 * lineHeight : 0.2 * lineHeight;
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
}
