/** The Gram matrix as a lit surface, with lines along the row and the column under the pointer. */
import {
  BufferAttribute,
  BufferGeometry,
  Color,
  DoubleSide,
  GLSL3,
  Group,
  LinearSRGBColorSpace,
  Line,
  Mesh,
  ShaderMaterial,
} from "three";
import {
  crossLines,
  fieldColours,
  fieldLight,
  fieldPositions,
  fieldTriangles,
  lineLift,
  type HeightField,
} from "./height-field.ts";

const vertexShader = `
  in vec4 colour;
  out vec3 fill;
  void main() {
    fill = colour.rgb;
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
  }
`;

const fragmentShader = `
  precision highp float;
  in vec3 fill;
  out vec4 colour;
  void main() {
    colour = vec4(fill, 1.0);
  }
`;

const lineFragments = `
  precision highp float;
  uniform vec3 ink;
  out vec4 colour;
  void main() {
    colour = vec4(ink, 1.0);
  }
`;

const lineVertices = `
  void main() {
    gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
    gl_Position.z -= ${lineLift} * gl_Position.w;
  }
`;

/** Rows and columns that are drawn while the view turns, where the processor draws. */
const coarseSide = 96;
/** Milliseconds without a turn after which all of them are drawn. */
const restMs = 160;

type FieldLine = Line<BufferGeometry, ShaderMaterial>;

export class FieldMesh {
  readonly object = new Group();
  private readonly fine: BufferAttribute;
  /** Absent where all can be drawn in every frame. */
  private readonly coarse: BufferAttribute | undefined;
  private rest: ReturnType<typeof setTimeout> | undefined;
  private readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;
  private readonly colours: BufferAttribute;
  private readonly lines: readonly [FieldLine, FieldLine];
  private readonly light: Float32Array;
  private readonly ink = { value: new Color() };

  /** @param isFast whether a graphics processor draws it */
  constructor(
    readonly field: HeightField,
    isFast: boolean,
  ) {
    const { side } = field;
    this.light = fieldLight(field);
    const geometry = new BufferGeometry();
    this.colours = new BufferAttribute(new Uint8Array(4 * side * side).fill(255), 4, true);
    geometry.setAttribute("position", new BufferAttribute(fieldPositions(field), 3));
    geometry.setAttribute("colour", this.colours);
    this.fine = new BufferAttribute(fieldTriangles(side), 1);
    const stride = isFast ? 1 : Math.ceil(side / coarseSide);
    this.coarse = stride > 1 ? new BufferAttribute(fieldTriangles(side, stride), 1) : undefined;
    geometry.setIndex(this.fine);
    const material = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader,
      fragmentShader,
      side: DoubleSide,
    });
    this.mesh = new Mesh(geometry, material);
    this.mesh.frustumCulled = false;
    const ofLines = new ShaderMaterial({
      glslVersion: GLSL3,
      vertexShader: lineVertices,
      fragmentShader: lineFragments,
      uniforms: { ink: this.ink },
    });
    const line = () => {
      const made = new Line(new BufferGeometry(), ofLines);
      made.geometry.setAttribute("position", new BufferAttribute(new Float32Array(3 * side), 3));
      made.frustumCulled = false;
      made.visible = false;
      return made;
    };
    this.lines = [line(), line()];
    this.object.add(this.mesh, ...this.lines);
  }

  /** Draw less until the view rests. @param redraw when there is more to draw again */
  turned(redraw: () => void): void {
    if (!this.coarse) return;
    this.mesh.geometry.setIndex(this.coarse);
    clearTimeout(this.rest);
    this.rest = setTimeout(() => {
      this.mesh.geometry.setIndex(this.fine);
      redraw();
    }, restMs);
  }

  /** @param table uint8 [256, 3] */
  recolour(table: Uint8Array): void {
    fieldColours(this.field, this.light, table, this.colours.array as Uint8Array);
    this.colours.needsUpdate = true;
  }

  setTheme(ink: string): void {
    this.ink.value.setStyle(ink, LinearSRGBColorSpace);
  }

  /** Lines along a row and a column; none when left out. */
  mark(row: number | undefined, col: number | undefined): void {
    const [rowLine, colLine] = crossLines(this.field, row ?? 0, col ?? 0);
    [rowLine, colLine].forEach((positions, i) => {
      const line = this.lines[i]!;
      line.visible = (i === 0 ? row : col) !== undefined;
      const attribute = line.geometry.getAttribute("position") as BufferAttribute;
      (attribute.array as Float32Array).set(positions);
      attribute.needsUpdate = true;
    });
  }

  dispose(): void {
    clearTimeout(this.rest);
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    for (const line of this.lines) {
      line.geometry.dispose();
      line.material.dispose();
    }
  }
}
