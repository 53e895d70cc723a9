/** Many patches as points in one draw call; their colours and marks are written in place. */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DynamicDrawUsage,
  GLSL3,
  LinearSRGBColorSpace,
  Points,
  ShaderMaterial,
} from "three";
import {
  diamondSize,
  heldFront,
  heldSize,
  inkFrom,
  leastDiameter,
  paperFrom,
  pointDiameter,
  pointedFront,
  pointedSize,
  rimFrom,
  rimInk,
} from "./point-look.ts";
import type { SpacePoints } from "./space-points.ts";

// Circles are of the first photograph, diamonds of the second. A held point is larger and has a ring.
const vertexShader = `
  in vec4 colour;
  in float mark;
  in float second;
  uniform float size;
  uniform float least;
  out vec3 fill;
  flat out float ring;
  flat out float isSecond;
  void main() {
    fill = colour.rgb;
    isSecond = second;
    ring = mark > 0.5 ? 1.0 : 0.0;
    float larger = mark > 2.5 ? ${pointedSize} : mark > 0.5 ? ${heldSize} : 1.0;
    vec4 at = modelViewMatrix * vec4(position, 1.0);
    gl_Position = projectionMatrix * at;
    gl_PointSize = larger * max(least, size / -at.z) * (second > 0.5 ? ${diamondSize} : 1.0);
    float front = mark > 2.5 ? ${pointedFront} : ${heldFront};
    if (mark > 0.5) gl_Position.z = mix(gl_Position.z, -gl_Position.w, front);
  }
`;

const fragmentShader = `
  precision highp float;
  in vec3 fill;
  flat in float ring;
  flat in float isSecond;
  uniform vec3 ink;
  uniform vec3 paper;
  out vec4 colour;
  void main() {
    vec2 q = abs(gl_PointCoord * 2.0 - 1.0);
    float r = isSecond > 0.5 ? q.x + q.y : length(q);
    if (r > 1.0) discard;
    vec3 inner = r > ${rimFrom} ? mix(fill, ink, ${rimInk}) : fill;
    vec3 marked = r > ${inkFrom} ? ink : r > ${paperFrom} ? paper : fill;
    colour = vec4(ring > 0.5 ? marked : inner, 1.0);
  }
`;

export class PointCloud {
  readonly object: Points<BufferGeometry, ShaderMaterial>;
  readonly points: SpacePoints;
  private readonly colours: BufferAttribute;
  private readonly marked: BufferAttribute;

  constructor(points: SpacePoints) {
    this.points = points;
    const { count, mainCount, positions } = points;
    this.colours = new BufferAttribute(new Uint8Array(4 * count).fill(128), 4, true);
    this.marked = new BufferAttribute(new Uint8Array(count), 1);
    this.colours.setUsage(DynamicDrawUsage);
    this.marked.setUsage(DynamicDrawUsage);
    const geometry = new BufferGeometry();
    geometry.setAttribute("position", new BufferAttribute(positions, 3));
    geometry.setAttribute("colour", this.colours);
    geometry.setAttribute("mark", this.marked);
    const second = Uint8Array.from({ length: count }, (_, i) => Number(i >= mainCount));
    geometry.setAttribute("second", new BufferAttribute(second, 1));
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      uniforms: {
        size: { value: 1 },
        least: { value: leastDiameter },
        ink: { value: new Color() },
        paper: { value: new Color() },
      },
    });
    this.object = new Points(geometry, material);
    this.object.frustumCulled = false;
  }

  /** Diameter in CSS pixels at the distance from which the whole box is seen. */
  get diameter(): number {
    return pointDiameter(this.points.count);
  }

  /** @param distance of the eye from the middle when the box fills the view */
  setScale(pixelRatio: number, distance: number): void {
    const { uniforms } = this.object.material;
    uniforms["size"]!.value = this.diameter * pixelRatio * distance;
    uniforms["least"]!.value = leastDiameter * pixelRatio;
  }

  /** @param ink of rings @param paper of the ground, both as CSS gives them */
  setTheme(ink: string, paper: string): void {
    const { uniforms } = this.object.material;
    (uniforms["ink"]!.value as Color).setStyle(ink, LinearSRGBColorSpace);
    (uniforms["paper"]!.value as Color).setStyle(paper, LinearSRGBColorSpace);
  }

  /** @param write fills uint8 [count, 4] */
  recolour(write: (out: Uint8Array) => void): void {
    write(this.colours.array as Uint8Array);
    this.colours.needsUpdate = true;
  }

  /** @param next uint8 [count], as space-points.ts writes them */
  remark(next: Uint8Array): void {
    (this.marked.array as Uint8Array).set(next);
    this.marked.needsUpdate = true;
  }

  dispose(): void {
    this.object.geometry.dispose();
    this.object.material.dispose();
  }
}
